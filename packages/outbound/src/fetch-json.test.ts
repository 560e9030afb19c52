import { ProviderFailure } from '@nebula-credential/core'
import { leakScan } from '@nebula-credential/testing'
import { describe, expect, it } from 'vitest'
import { loopbackServer } from '../test/loopback-server.ts'
import { errorFromCall } from './error-from-call.ts'
import { fetchJson } from './fetch-json.ts'
import { guardedFetch } from './guarded-fetch.ts'

const answer = { parse: (json: unknown) => (json as { name: { first: string } }).name.first }
const environment = (fetch = guardedFetch({ allow: ['127.0.0.1'], dangerouslyAllowHttp: true })) => ({
  tenantId: 'acme',
  credentialId: 'test',
  fetch,
  signal: new AbortController().signal,
  startedAt: 1_000,
})

async function answered(status: number, body: string, headers = {}, failure?: () => ProviderFailure) {
  await using server = await loopbackServer((_, response) => response.writeHead(status, headers).end(body))
  const request = { url: `${server.origin}/path-sentinel`, answer, ...(failure && { failure }) }
  return await fetchJson(environment(), request).catch(error => error)
}

describe('fetchJson', () => {
  it('gives what the schema makes of the answer', async () => {
    expect(await answered(200, '{"name":{"first":"Ada"}}')).toBe('Ada')
  })

  it('serves an action too, whose context does not say when it began', async () => {
    await using server = await loopbackServer((_, response) =>
      response.writeHead(429, { 'retry-after': '7' }).end('{}'),
    )
    const { fetch, signal } = environment()
    const before = Date.now()
    const failure = await fetchJson({ fetch, signal }, { url: server.origin, answer }).catch(error => error)
    expect(failure.retryAt).toBeGreaterThanOrEqual(before + 7_000)
  })

  it('sends method, headers and body', async () => {
    await using server = await loopbackServer(async (request, response) => {
      const body = (await request.toArray()).join('')
      const first = `${request.method} ${request.headers['x-a']} ${body}`
      response.end(JSON.stringify({ name: { first } }))
    })
    const request = { method: 'POST', headers: { 'x-a': '1' }, body: 'text', url: server.origin, answer }
    expect(await fetchJson(environment(), request)).toBe('POST 1 text')
  })

  it.each([
    [401, 'terminal', false],
    [403, 'config', false],
    [429, 'transient', false],
    [503, 'transient', true],
  ])('rejects with the failure of status %i', async (status, kind, peerDown) => {
    const error = await answered(status, 'sentinel', { 'retry-after': '7' })
    expect(error).toMatchObject({ kind, peerDown, ...(kind === 'transient' && { retryAt: 8_000 }) })
    expect(leakScan(error, ['sentinel'])).toEqual([])
  })

  it.each(['sentinel <html>', '{"sentinel":1}', 'null', ''])(
    'takes an answer that is not the documented one (%j) for a passing fault, and does not quote it',
    async body => {
      const error = await answered(200, body)
      expect(error).toBeInstanceOf(ProviderFailure)
      expect(error).toMatchObject({ kind: 'transient', message: expect.stringContaining('127.0.0.1') })
      expect(leakScan(error, ['sentinel'])).toEqual([])
    },
  )

  it('lets the service say more than its status does', async () => {
    const failure = () => new ProviderFailure('transient', 'rate limit', { retryAt: 9_000 })
    expect(await answered(403, '{}', {}, failure)).toMatchObject({ kind: 'transient', retryAt: 9_000 })
  })

  it('says when no connection came about', async () => {
    const server = await loopbackServer(() => undefined)
    await server[Symbol.asyncDispose]()
    await expect(fetchJson(environment(), { url: server.origin, answer })).rejects.toMatchObject({
      kind: 'transient',
      peerDown: true,
    })
  })
})

describe('errorFromCall', () => {
  it('blames the input for what only the input can mend, and the credential for the rest', () => {
    expect(errorFromCall({ service: 'Lamps', status: 422 })).toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('Lamps'),
    })
    expect(errorFromCall({ service: 'Lamps', status: 401 })).toMatchObject({ kind: 'terminal' })
    expect(errorFromCall({ service: 'Lamps', status: 429, retryAt: 5 })).toMatchObject({
      kind: 'transient',
      retryAt: 5,
    })
  })
})
