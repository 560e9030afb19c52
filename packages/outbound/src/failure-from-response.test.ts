import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { failureFromResponse } from './failure-from-response.ts'

const now = Date.UTC(2026, 10, 25)
const response = (status: number, headers: Record<string, string> = {}) =>
  Object.defineProperty(new Response('the body', { status, headers }), 'url', {
    value: 'https://api.example/v1/me?key=hunter2',
  })

describe('failureFromResponse', () => {
  it.each([
    [500, 'transient', true],
    [503, 'transient', true],
    [429, 'transient', false],
    [408, 'transient', false],
    [401, 'terminal', false],
    [403, 'config', false],
    [404, 'config', false],
    [302, 'config', false],
  ])('makes of HTTP %i a failure of kind %s', (status, kind, peerDown) => {
    const failure = failureFromResponse(response(status), now)
    expect(failure).toMatchObject({ kind, peerDown, message: `api.example answered with HTTP ${status}` })
    expect(inspect(failure)).not.toMatch(/hunter2|the body/)
  })

  it('keeps Retry-After where trying again makes sense', () => {
    expect(failureFromResponse(response(429, { 'retry-after': '7' }), now)?.retryAt).toBe(now + 7_000)
    expect(failureFromResponse(response(503, { 'retry-after': '7' }), now)?.retryAt).toBe(now + 7_000)
    expect(failureFromResponse(response(401, { 'retry-after': '7' }), now)).not.toHaveProperty('retryAt')
  })

  it('finds nothing wrong with success', () => {
    expect(failureFromResponse(response(200), now)).toBeUndefined()
  })
})
