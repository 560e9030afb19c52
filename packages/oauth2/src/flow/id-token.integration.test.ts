import { leakScan } from '@nebula-credential/testing'
import { generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loopbackFetch } from '../../test/environment.ts'
import { json, type ScriptedServer, scriptedServer } from '../../test/scripted-server.ts'
import { OAuth2Flow } from './oauth2-flow.ts'

const { privateKey } = await generateKeyPair('ES256')
const fetch = loopbackFetch()
const accessToken = 'sentinel-access'
const nowS = () => Math.floor(Date.now() / 1000)

/** A server whose token endpoint answers as a test says: no conforming server makes faulty ID tokens. */
async function serve(answer: (origin: string, nonce: string) => Promise<object>) {
  let nonce = ''
  const server: ScriptedServer = await scriptedServer(async (response, _, origin) => {
    json(response, 200, {
      access_token: accessToken,
      refresh_token: 'sentinel-refresh',
      token_type: 'Bearer',
      expires_in: 60,
      ...(await answer(origin, nonce)),
    })
  })
  onTestFinished(() => server[Symbol.asyncDispose]())
  const { origin } = server
  const flow = OAuth2Flow.builder()
    .withServer({
      issuer: origin,
      tokenEndpoint: `${origin}/token`,
      authorizationEndpoint: `${origin}/authorize`,
    })
    .withClient({ authentication: 'none', id: 'app' })
    .withRedirectUri('https://app.example/callback')
    .withScope('openid')
    .build()
  const started = await flow.start({ fetch })
  nonce = new URL(started.url).searchParams.get('nonce') ?? ''
  const { state } = started.pending
  const callback = `/callback?${new URLSearchParams({ code: 'c1', state, iss: origin })}`
  return { server, complete: () => started.complete(callback, { fetch }) }
}

const signed = (claims: JWTPayload) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(privateKey)

const claimsOf = (origin: string, nonce: string): JWTPayload => ({
  iss: origin,
  sub: 'ada',
  aud: 'app',
  nonce,
  email: 'ada@example.com',
  iat: nowS(),
  exp: nowS() + 60,
})

describe('an ID token', () => {
  it('says whose account it is', async () => {
    const { complete } = await serve(async (...given) => ({ id_token: await signed(claimsOf(...given)) }))
    expect((await complete()).account).toEqual({ id: 'ada', label: 'ada@example.com' })
  })

  it.each([
    ['made by a clock that is 50 s ahead', () => ({ iat: nowS() + 50, exp: nowS() + 110 })],
    ['that ended 50 s ago, by our clock', () => ({ iat: nowS() - 110, exp: nowS() - 50 })],
  ])('%s is believed', async (_, times) => {
    const { complete } = await serve(async (...given) => ({
      id_token: await signed({ ...claimsOf(...given), ...times() }),
    }))
    expect((await complete()).account?.id).toBe('ada')
  })

  it.each<readonly [string, () => JWTPayload]>([
    ['for another client', () => ({ aud: 'another' })],
    ['of another issuer', () => ({ iss: 'https://evil.example' })],
    ['of another flow', () => ({ nonce: 'another' })],
    ['that ended long ago', () => ({ iat: nowS() - 1_000, exp: nowS() - 900 })],
  ])('%s makes no connection, and none of its tokens is shown', async (_, change) => {
    const { complete } = await serve(async (...given) => ({
      id_token: await signed({ ...claimsOf(...given), ...change() }),
    }))
    const error = await complete().catch(error => error)
    expect(error).toMatchObject({
      name: 'ProviderFailure',
      kind: 'config',
      message: expect.stringContaining('ID token'),
    })
    expect(leakScan(error, [accessToken, 'sentinel-refresh', 'ada@example.com'])).toEqual([])
  })

  it.each<readonly [string, (origin: string, nonce: string) => Promise<object>]>([
    ['that is none', async () => ({ id_token: 'sentinel-nonsense' })],
    ['that is missing', async () => ({})],
    [
      'without a nonce',
      async (...given) => {
        const { nonce: _nonce, ...claims } = claimsOf(...given)
        return { id_token: await signed(claims) }
      },
    ],
  ])('%s makes no connection', async (_, answer) => {
    const { complete } = await serve(answer)
    const error = await complete().catch(error => error)
    expect(error).toMatchObject({ name: 'ProviderFailure' })
    expect(leakScan(error, [accessToken, 'sentinel-nonsense'])).toEqual([])
  })
})
