import { authenticateWith, lend } from '@nebula-credential/core'
import { leakScan } from '@nebula-credential/testing'
import { callbackUrl } from 'authorization-server'
import { describe, expect, it } from 'vitest'
import { ConnectionStage, consent, type StageOptions } from '../../test/connection-stage.ts'
import { loopbackFetch } from '../../test/environment.ts'
import { dpopFetch } from '../authenticator/dpop-fetch.ts'
import { dpopToken } from '../connection/oauth-token.ts'
import { OAuth2Flow } from './oauth2-flow.ts'

const fetch = loopbackFetch()

async function open(options: StageOptions = {}) {
  const { server } = await ConnectionStage.open(options)
  const builder = OAuth2Flow.builder()
    .withServer({ issuer: server.issuer })
    .withClient({ authentication: 'client_secret_basic', ...server.clients.basic })
    .withRedirectUri(callbackUrl)
    .withScope('openid', 'email', 'offline_access', 'reports.read')
  return { server, builder }
}

const visit = (url: string, person: Parameters<typeof consent>[1] = {}) =>
  consent({ interaction: { kind: 'redirect', url } }, person)

describe('an authorization code flow', () => {
  it('ends with tokens that work, their scope, and whose account it is', async () => {
    const { server, builder } = await open()
    const started = await builder.build().start({ fetch })
    const done = await started.complete(await visit(started.url), { fetch })
    const headers = { authorization: `Bearer ${done.accessToken.expose()}` }
    expect((await fetch(server.protectedResourceUrl, { headers })).status).toBe(200)
    expect(done.account).toEqual({ id: 'ada', label: 'ada@example.com' })
    expect(done.scope?.split(' ')).toContain('reports.read')
    expect((done.expiresAt ?? 0) - Date.now()).toBeGreaterThan(3_500_000)
    const secrets = [done.accessToken.expose(), done.refreshToken?.expose() ?? '']
    expect(leakScan(done, secrets)).toEqual([])
  })

  it('goes on elsewhere with what was serialised of it, and not with anything else', async () => {
    const { builder } = await open()
    const started = await builder.build().start({ fetch })
    const callback = await visit(started.url)
    const elsewhere = builder.build().resume(started.serialize())
    expect((await elsewhere.complete(callback, { fetch })).account?.id).toBe('ada')
    for (const text of ['', '{}', 'sentinel', '{"kind":"redirect","url":"sentinel"}']) {
      const resume = () => builder.build().resume(text)
      expect(resume).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }))
      expect(resume).not.toThrow('sentinel')
    }
  })

  it('binds its tokens to a key, and resources to its tokens, where that is asked for', async () => {
    const { server, builder } = await open({ dpopNonce: true })
    const started = await builder.withDpop().build().start({ fetch })
    const { result, accessToken } = await started.complete(await visit(started.url), { fetch })
    const key = lend(result.dpopKey ?? expect.unreachable())
    const token = dpopToken.mint({ value: accessToken, key }, 1)
    const calling = await authenticateWith(dpopFetch, token)
    expect((await calling(`${server.issuer}/me`)).status).toBe(200)
  })

  it('takes the state that a program gives it', async () => {
    const { builder } = await open({ pushedRequests: false })
    const started = await builder.build().start({ fetch, state: 'own-state' })
    expect(new URL(started.url).searchParams.get('state')).toBe('own-state')
    const callback = await visit(started.url)
    expect(new URL(callback).searchParams.get('state')).toBe('own-state')
    await started.complete(callback, { fetch })
  })

  it('is refused by another flow, which sends no code', async () => {
    const { server, builder } = await open()
    const [one, other] = [await builder.build().start({ fetch }), await builder.build().start({ fetch })]
    const callback = await visit(one.url)
    await expect(other.complete(callback, { fetch })).rejects.toMatchObject({ code: 'FLOW_FORGED' })
    const mixedUp = new URL(callback)
    mixedUp.searchParams.set('iss', 'https://evil.example')
    await expect(one.complete(mixedUp, { fetch })).rejects.toMatchObject({ code: 'ISSUER_MISMATCH' })
    expect(server.tokenRequests).toEqual([])
    await one.complete(callback, { fetch })
  })

  it('fails as terminal when the person says no', async () => {
    const { builder } = await open()
    const started = await builder.build().start({ fetch })
    const callback = await visit(started.url, { denies: true })
    await expect(started.complete(callback, { fetch })).rejects.toMatchObject({
      name: 'ProviderFailure',
      kind: 'terminal',
      message: expect.stringContaining('access_denied'),
    })
  })

  it.each([
    ['server.issuer', { issuer: 'http://evil.example/?sentinel' }],
    ['server', { issuer: 'sentinel' }],
  ])('of a malformed %s is not built, and shows none of it', async (_, server) => {
    const { builder } = await open()
    const build = () => builder.withServer(server).build()
    expect(build).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(build).not.toThrow('sentinel')
  })
})
