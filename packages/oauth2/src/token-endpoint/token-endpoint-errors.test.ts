import type { ServerResponse } from 'node:http'
import { leakScan } from '@nebula-credential/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { environment } from '../../test/environment.ts'
import { json, scriptedServer } from '../../test/scripted-server.ts'
import { oauth2ClientCredentials } from '../credential/oauth2-client-credentials.ts'
import { oauth2RefreshToken } from '../credential/oauth2-refresh-token.ts'

const secrets = ['client-secret-hunter2', 'access-token-hunter2', 'refresh-token-hunter2']
const [clientSecret, accessToken, refreshToken] = secrets as [string, string, string]
const startedAt = 1_800_000_000_000

type Answer = (response: ServerResponse, body: string) => unknown

/** What refreshing at a server that answers so throws. */
async function failureOf(answer: Answer, fetch = environment().fetch): Promise<unknown> {
  await using server = await scriptedServer(answer)
  const input = z.decode(oauth2RefreshToken.input, {
    server: { tokenEndpoint: `${server.origin}/token?tenant=acme` },
    client: { authentication: 'client_secret_post', id: 'us', secret: clientSecret },
    accessToken,
    refreshToken,
  })
  const given = environment({ startedAt, fetch })
  const state = await oauth2RefreshToken.initialize(input, given)
  const error = await oauth2RefreshToken.refresh?.perform(state, given).then(
    () => expect.unreachable('the refresh succeeded'),
    error => error,
  )
  expect(server.requests).toHaveLength(1)
  expect(server.requests[0]?.body).toContain(refreshToken)
  return error
}

const html = (response: ServerResponse, status: number, body: string) =>
  response.writeHead(status, { 'content-type': 'text/html' }).end(`<html>${body}</html>`)

describe('the error codes of a token endpoint', () => {
  it.each([
    [400, 'invalid_grant', 'terminal', false],
    [400, 'interaction_required', 'terminal', false],
    [401, 'invalid_client', 'config', false],
    [400, 'unauthorized_client', 'config', false],
    [400, 'unsupported_grant_type', 'config', false],
    [400, 'invalid_scope', 'config', false],
    [400, 'invalid_request', 'config', false],
    [400, 'invalid_target', 'config', false],
    [400, 'temporarily_unavailable', 'transient', true],
    [400, 'server_error', 'transient', true],
    [400, 'slow_down', 'transient', false],
    // Some servers send errors with HTTP 200.
    [200, 'invalid_grant', 'terminal', false],
    [200, 'invalid_client', 'config', false],
  ])('HTTP %i %s is %s', async (status, code, kind, peerDown) => {
    const failure = await failureOf(response => json(response, status, { error: code }))
    expect(failure).toMatchObject({
      name: 'ProviderFailure',
      kind,
      peerDown,
      message: expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1:\\d+ answered ${code}$`)),
    })
  })

  it('is read where the answer carries a WWW-Authenticate header, RFC 6749 section 5.2', async () => {
    const challenge = { 'www-authenticate': 'Basic realm="x"' }
    expect(
      await failureOf(response => json(response, 401, { error: 'invalid_client' }, challenge)),
    ).toMatchObject({
      kind: 'config',
      message: expect.stringMatching(/answered invalid_client$/),
    })
    expect(
      await failureOf(response => json(response, 400, { error: 'invalid_grant' }, challenge)),
    ).toMatchObject({
      kind: 'terminal',
    })
    expect(await failureOf(response => response.writeHead(401, challenge).end())).toMatchObject({
      kind: 'config',
      message: expect.stringMatching(/answered with HTTP 401$/),
    })
  })

  it('does not end a grant when the server is overloaded or down at once', async () => {
    expect(await failureOf(response => json(response, 429, { error: 'invalid_grant' }))).toMatchObject({
      kind: 'transient',
    })
    expect(await failureOf(response => json(response, 500, { error: 'invalid_grant' }))).toMatchObject({
      kind: 'transient',
      peerDown: true,
    })
  })
})

describe('what is no answer of a token endpoint', () => {
  it.each([
    ['an HTML page with HTTP 500', (r: ServerResponse) => html(r, 500, 'down'), 'transient'],
    ['an HTML page with HTTP 503', (r: ServerResponse) => html(r, 503, 'down'), 'transient'],
    ['an HTML page with HTTP 429', (r: ServerResponse) => html(r, 429, 'slow'), 'transient'],
    ['an HTML page with HTTP 504', (r: ServerResponse) => html(r, 504, 'late'), 'unknown'],
    ['an HTML page with HTTP 403', (r: ServerResponse) => html(r, 403, 'no'), 'config'],
    ['an HTML page with HTTP 404', (r: ServerResponse) => html(r, 404, 'no'), 'config'],
    [
      'a redirect',
      (r: ServerResponse) => r.writeHead(302, { location: 'https://x.example/?a=b' }).end(),
      'config',
    ],
    ['an HTML page with HTTP 200', (r: ServerResponse) => html(r, 200, 'hello'), 'unknown'],
    [
      'JSON cut short',
      (r: ServerResponse) => r.writeHead(200, { 'content-type': 'application/json' }).end('{"a'),
      'unknown',
    ],
    ['JSON without a token', (r: ServerResponse) => json(r, 200, { token: 'x' }), 'unknown'],
    ['JSON that is no object', (r: ServerResponse) => json(r, 200, ['x']), 'unknown'],
    [
      'an unheard-of token type',
      (r: ServerResponse) => json(r, 200, { access_token: 'x', token_type: 'x' }),
      'unknown',
    ],
    ['an unheard-of error', (r: ServerResponse) => json(r, 400, { error: 'oops' }), 'config'],
    ['a reset', (r: ServerResponse) => r.socket?.resetAndDestroy(), 'unknown'],
    ['an empty answer', (r: ServerResponse) => r.end(), 'unknown'],
  ])('%s', async (_, answer, kind) => {
    expect(await failureOf(answer)).toMatchObject({ name: 'ProviderFailure', kind })
  })

  it('is waited for as long as Retry-After asks', async () => {
    const retryAfter = (value: string) => (response: ServerResponse) =>
      json(response, 503, {}, { 'retry-after': value })
    expect(await failureOf(retryAfter('30'))).toMatchObject({ retryAt: startedAt + 30_000 })
    const date = new Date(startedAt + 60_000).toUTCString()
    expect(await failureOf(retryAfter(date))).toMatchObject({ retryAt: startedAt + 60_000 })
  })

  it('is transient behind a gateway for a grant that may be repeated', async () => {
    await using server = await scriptedServer(response => html(response, 504, 'late'))
    const input = z.decode(oauth2ClientCredentials.input, {
      server: { tokenEndpoint: server.origin },
      client: { authentication: 'client_secret_post', id: 'us', secret: clientSecret },
    })
    await expect(oauth2ClientCredentials.initialize(input, environment())).rejects.toMatchObject({
      kind: 'transient',
      peerDown: true,
    })
  })
})

describe('a server that echoes what it was sent', () => {
  const echoes: [string, Answer][] = [
    ['in the description', (r, body) => json(r, 400, { error: 'invalid_grant', error_description: body })],
    ['as the error', (r, body) => json(r, 400, { error: body })],
    ['in every field', (r, body) => json(r, 400, { error: 'invalid_client', error_uri: body, [body]: body })],
    ['as an HTML page', (r, body) => html(r, 400, body)],
    ['as an HTML page that claims success', (r, body) => html(r, 200, body)],
    ['as broken JSON', (r, body) => r.writeHead(200, { 'content-type': 'application/json' }).end(`"${body}`)],
    ['as JSON of the wrong shape', (r, body) => json(r, 200, { error: body, access_token: 1, scope: body })],
    [
      'in a challenge',
      (r, body) => r.writeHead(401, { 'www-authenticate': `Bearer error="${body}"` }).end(body),
    ],
    ['in a redirect', (r, body) => r.writeHead(302, { location: `https://x.example/?${body}` }).end()],
    ['in Retry-After', (r, body) => r.writeHead(503, { 'retry-after': body }).end(body)],
    ['as no HTTP at all', (r, body) => r.socket?.end(`HTTP/1.1 nonsense ${body}\r\n\r\n`)],
    ['as the reason', (r, body) => r.writeHead(500, body.replaceAll('\n', ' ')).end()],
  ]
  const fetches = [
    ['the guarded fetch', environment().fetch],
    ["the platform's fetch", globalThis.fetch],
  ] as const

  describe.each(fetches)('through %s', (_, fetch) => {
    it.each(echoes)('%s', async (_, answer) => {
      const error = await failureOf(answer, fetch)
      expect(error).toMatchObject({ name: 'ProviderFailure' })
      expect(leakScan(error, secrets)).toEqual([])
    })
  })
})
