import { createHash } from 'node:crypto'
import { lend, type TokenSource } from '@nebula-credential/core'
import { type ServiceAnswer, type ServiceRequest, startLoopbackService } from '@nebula-credential/testing'
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type DpopToken, dpopToken } from '../connection/oauth-token.ts'
import { newDpopKey, publicDpopKey } from '../token-endpoint/dpop-key.ts'
import { dpopFetch } from './dpop-fetch.ts'

const key = await newDpopKey()
const thumbprint = await calculateJwkThumbprint(publicDpopKey(key))

/** Tokens tok-1, tok-2 …; a new one each time that the newest was refused. */
class Source implements TokenSource<DpopToken> {
  generation = 1
  reported = 0

  async getToken(): Promise<DpopToken> {
    return dpopToken.mint({ value: lend(`tok-${this.generation}`), key }, this.generation)
  }

  async reportRejected(): Promise<DpopToken> {
    this.reported++
    this.generation++
    return this.getToken()
  }
}

/** What a resource server must find in a proof: RFC 9449 sections 4.3 and 7.1. */
async function proofOf({ headers, method, path }: ServiceRequest, origin: string) {
  const { payload, protectedHeader } = await jwtVerify(String(headers.dpop), EmbeddedJWK, {
    typ: 'dpop+jwt',
    maxTokenAge: '10 seconds',
    requiredClaims: ['jti'],
  })
  expect(await calculateJwkThumbprint(protectedHeader.jwk ?? {})).toBe(thumbprint)
  expect(protectedHeader.jwk).not.toHaveProperty('d')
  const token = String(headers.authorization).replace(/^DPoP /, '')
  expect(payload).toMatchObject({
    htm: method,
    htu: `${origin}${path.split('?')[0]}`,
    ath: createHash('sha256').update(token).digest('base64url'),
  })
  return payload
}

async function serve(answer: (request: ServiceRequest) => ServiceAnswer) {
  const service = await startLoopbackService(answer)
  onTestFinished(() => service[Symbol.asyncDispose]())
  return service
}

const fetchBy = (source: TokenSource<DpopToken> = new Source()) =>
  dpopFetch.authenticate(undefined, source) as typeof fetch

const challenge = (error: string, nonce?: string): ServiceAnswer => ({
  status: 401,
  headers: { 'www-authenticate': `DPoP error="${error}"`, ...(nonce && { 'dpop-nonce': nonce }) },
  json: {},
})

const nonceIn = ({ headers }: ServiceRequest): unknown =>
  JSON.parse(Buffer.from(String(headers.dpop).split('.')[1] ?? '', 'base64url').toString()).nonce

describe('dpopFetch', () => {
  it('sends with each request a proof for its method, URL and token', async () => {
    const service = await serve(() => ({ json: {} }))
    const fetch = fetchBy()
    await fetch(`${service.origin}/reports?year=2026`, { headers: { 'x-own': '1' } })
    await fetch(`${service.origin}/reports`, { method: 'DELETE' })
    const proofs = await Promise.all(service.requests.map(request => proofOf(request, service.origin)))
    expect(proofs[0]?.jti).not.toBe(proofs[1]?.jti)
    expect(service.requests[0]?.headers).toMatchObject({ authorization: 'DPoP tok-1', 'x-own': '1' })
  })

  it('puts in the nonce that the server asks for, with the whole body again, and keeps the token', async () => {
    const service = await serve(request =>
      nonceIn(request) === 'n1' ? { json: request.body.toString() } : challenge('use_dpop_nonce', 'n1'),
    )
    const source = new Source()
    const fetch = fetchBy(source)
    const response = await fetch(`${service.origin}/a`, { method: 'POST', body: 'all of it' })
    expect([response.status, await response.json()]).toEqual([200, 'all of it'])
    expect(source.reported).toBe(0)
    await fetch(`${service.origin}/b`)
    expect(service.requests.map(nonceIn)).toEqual([undefined, 'n1', 'n1'])
  })

  it('goes on with a nonce that the server replaces in passing', async () => {
    let count = 0
    const service = await serve(() => ({ json: {}, headers: { 'dpop-nonce': `n${++count}` } }))
    const fetch = fetchBy()
    for (let calls = 0; calls < 3; calls++) await fetch(service.origin)
    expect(service.requests.map(nonceIn)).toEqual([undefined, 'n1', 'n2'])
  })

  it('tells no other server a nonce', async () => {
    const one = await serve(() => ({ json: {}, headers: { 'dpop-nonce': 'n1' } }))
    const other = await serve(() => ({ json: {} }))
    const fetch = fetchBy()
    await fetch(one.origin)
    await fetch(other.origin)
    expect(other.requests.map(nonceIn)).toEqual([undefined])
  })

  it('asks no second time for a nonce within one try', async () => {
    const service = await serve(() => challenge('use_dpop_nonce', 'never right'))
    const source = new Source()
    expect((await fetchBy(source)(service.origin)).status).toBe(401)
    // Two for each of two tokens: authenticatedFetch tries once more with a new one.
    expect([service.requests.length, source.reported]).toEqual([4, 1])
  })

  it('has a token replaced that the server refuses', async () => {
    const service = await serve(({ headers }) =>
      headers.authorization === 'DPoP tok-2' ? { json: {} } : challenge('invalid_token'),
    )
    expect((await fetchBy()(service.origin, { method: 'POST', body: 'x' })).status).toBe(200)
    expect(service.requests.map(({ body }) => body.toString())).toEqual(['x', 'x'])
    for (const request of service.requests) await proofOf(request, service.origin)
  })

  it('takes neither token nor proof to another origin', async () => {
    const away = await serve(() => ({ json: {} }))
    const service = await serve(() => ({ status: 302, headers: { location: `${away.origin}/x` } }))
    expect((await fetchBy()(service.origin)).status).toBe(200)
    expect(away.requests[0]?.headers).not.toHaveProperty('authorization')
    expect(away.requests[0]?.headers).not.toHaveProperty('dpop')
  })

  it('proves the URL that it is redirected to', async () => {
    const service = await serve(({ path }) =>
      path === '/old' ? { status: 307, headers: { location: '/new' } } : { json: {} },
    )
    await fetchBy()(`${service.origin}/old`)
    for (const request of service.requests) await proofOf(request, service.origin)
    expect(service.requests.map(({ path }) => path)).toEqual(['/old', '/new'])
  })

  it('gives requests that are made at once each the right proof', async () => {
    const service = await serve(() => ({ json: {} }))
    const source = new Source()
    source.getToken = async () => {
      const generation = source.generation++
      await new Promise(resolve => setTimeout(resolve, 20 - generation))
      return dpopToken.mint({ value: lend(`tok-${generation}`), key }, generation)
    }
    const fetch = fetchBy(source)
    await Promise.all(Array.from({ length: 10 }, (_, n) => fetch(`${service.origin}/${n}`)))
    for (const request of service.requests) await proofOf(request, service.origin)
  })
})
