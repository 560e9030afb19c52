import { inspect } from 'node:util'
import { CredentialError, ProviderFailure } from '@nebula-credential/core'
import { errors } from 'undici'
import { describe, expect, it } from 'vitest'
import { loopbackServer } from '../test/loopback-server.ts'
import { failureFromError } from './failure-from-error.ts'

const thrownBy = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable(),
    error => failureFromError(error),
  )

describe("failureFromError, on the platform's fetch", () => {
  it('takes a refused connection for a peer that is down', async () => {
    await using server = await loopbackServer(() => {})
    await server[Symbol.asyncDispose]()
    expect(await thrownBy(fetch(server.origin))).toMatchObject({ kind: 'transient', peerDown: true })
    const localhost = server.origin.replace('127.0.0.1', 'localhost')
    expect(await thrownBy(fetch(localhost))).toMatchObject({ kind: 'transient', peerDown: true })
  })

  it('takes a name without an address for a peer that is down', async () => {
    expect(await thrownBy(fetch('https://service.invalid/'))).toMatchObject({
      kind: 'transient',
      peerDown: true,
    })
  })

  it('takes a reset and a time-out for unknown outcomes', async () => {
    await using server = await loopbackServer(request => {
      if (request.url === '/reset') request.socket.resetAndDestroy()
    })
    expect(await thrownBy(fetch(`${server.origin}/reset`))).toMatchObject({
      kind: 'unknown',
      peerDown: false,
    })
    expect(await thrownBy(fetch(server.origin, { signal: AbortSignal.timeout(50) }))).toMatchObject({
      kind: 'unknown',
    })
  })

  it('does not show what a parser quotes', async () => {
    const failure = await thrownBy(new Response('hunter2 is no JSON').json())
    expect(failure).toMatchObject({ kind: 'unknown' })
    expect(inspect(failure, { depth: 9 })).not.toContain('hunter2')
  })
})

describe('failureFromError', () => {
  it('returns what guardedFetch throws', () => {
    const failure = new ProviderFailure('unknown', 'x')
    const refusal = new CredentialError('CONFIG_INVALID', 'x')
    expect(failureFromError(failure)).toBe(failure)
    expect(failureFromError(refusal)).toBe(refusal)
    expect(failureFromError(new TypeError('fetch failed', { cause: refusal }))).toBe(refusal)
  })

  it('does not show the bytes that an HTTP parser could not read', () => {
    const cause = Object.assign(new errors.HTTPParserError(), {
      code: 'HPE_INVALID_CONSTANT',
      data: 'hunter2',
    })
    const failure = failureFromError(new TypeError('fetch failed', { cause }))
    expect(failure).toMatchObject({ kind: 'unknown', cause: { code: 'HPE_INVALID_CONSTANT' } })
    expect(inspect(failure, { depth: 9 })).not.toContain('hunter2')
  })
})
