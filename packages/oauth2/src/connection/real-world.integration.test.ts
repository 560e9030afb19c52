import type { ServerResponse } from 'node:http'
import { leakScan } from '@nebula-credential/testing'
import { describe, expect, it } from 'vitest'
import { ConnectionStage, consent, rejection, type StageOptions } from '../../test/connection-stage.ts'
import { json, scriptedServer } from '../../test/scripted-server.ts'
import { oauth2RefreshToken } from '../credential/oauth2-refresh-token.ts'
import { oauth2Connection } from './oauth2-connection.ts'

async function connect(options: StageOptions = {}) {
  const stage = await ConnectionStage.open(options)
  const manager = await stage.manager()
  const begun = await manager.beginAuthorization(oauth2Connection, stage.input(), { name: 'Reports' })
  const id = await manager.resumeAuthorization(await consent(begun), begun)
  return { stage, manager, id: oauth2Connection.id(id) }
}

/** Tokens of a server that answers as a test says; the first of them has ended. */
async function imported(answer: Parameters<typeof scriptedServer>[0], assumedLifetimeMs?: number) {
  const server = await scriptedServer(answer)
  const stage = await ConnectionStage.open({ policy: { replicationLagMs: 0 } })
  const manager = await stage.manager()
  const id = await manager.createCredential(oauth2RefreshToken, {
    server: { tokenEndpoint: `${server.origin}/token` },
    client: { authentication: 'client_secret_post', id: 'app', secret: 'sentinel-secret' },
    accessToken: 'sentinel-access',
    refreshToken: 'sentinel-refresh',
    ...(assumedLifetimeMs !== undefined && { assumedLifetimeMs }),
  })
  return { server, stage, manager, id }
}

const sentinels = ['sentinel-secret', 'sentinel-access', 'sentinel-refresh']

describe('people and their accounts', () => {
  it('are told apart by name in descriptions, and in lists that ask for it', async () => {
    const { stage, manager, id } = await connect()
    const second = await manager.beginAuthorization(oauth2Connection, stage.input())
    await manager.resumeAuthorization(await consent(second, { account: 'bob' }), second)
    expect((await manager.describe(id)).account).toEqual({ id: 'ada', label: 'ada@example.com' })
    const { credentials } = await manager.list({ accounts: true })
    expect(credentials.map(({ account }) => account?.label).toSorted()).toEqual([
      'ada@example.com',
      'bob@example.com',
    ])
    expect(leakScan(await manager.list(), ['ada@example.com'])).toEqual([])
  })

  it('who took their consent back connect again under the same id, name and labels', async () => {
    const { stage, manager, id } = await connect()
    const token = await manager.getToken(id)
    stage.server.withdrawConsent(await stage.server.grantOf(token.value.expose()))
    expect(await rejection(manager.refreshCredential(id))).toMatchObject({
      code: 'REAUTHORIZATION_REQUIRED',
      credentialId: id,
    })
    expect((await manager.describe(id)).lifecycle).toBe('Failed')
    const again = await manager.beginAuthorization(oauth2Connection, stage.input(), { reconnect: id })
    expect(await manager.resumeAuthorization(await consent(again), again)).toBe(id)
    expect(await manager.describe(id)).toMatchObject({ lifecycle: 'Active', name: 'Reports' })
    expect(await stage.works(manager, id)).toBe(true)
  })

  it('are replaced by another only where that is allowed', async () => {
    const { stage, manager, id } = await connect()
    for (const allowDifferentAccount of [false, true]) {
      const again = await manager.beginAuthorization(oauth2Connection, stage.input(), {
        reconnect: id,
        allowDifferentAccount,
      })
      const resumed = manager.resumeAuthorization(await consent(again, { account: 'bob' }), again)
      if (allowDifferentAccount) expect(await resumed).toBe(id)
      else {
        expect(await rejection(resumed)).toMatchObject({ code: 'ACCOUNT_MISMATCH', credentialId: id })
        expect(await stage.events()).toContainEqual(
          expect.objectContaining({
            action: 'flow.resume',
            outcome: 'failure',
            code: 'ACCOUNT_MISMATCH',
          }),
        )
        expect((await manager.describe(id)).account?.id).toBe('ada')
      }
    }
    expect((await manager.describe(id)).account?.id).toBe('bob')
  })
})

describe('a connection', () => {
  it('keeps its refresh token where the server returns no new one', async () => {
    const { stage, manager, id } = await connect({ rotate: false })
    for (let rounds = 0; rounds < 3; rounds++) await manager.refreshCredential(id)
    expect(stage.outcomes.filter(outcome => outcome === 'refresh_token success')).toHaveLength(3)
    expect(await stage.works(manager, id)).toBe(true)
  })

  it('whose used refresh token came back elsewhere must be made again', async () => {
    const { stage, manager, id } = await connect()
    const other = await stage.manager()
    const token = await manager.getToken(id)
    await manager.refreshCredential(id)
    stage.server.withdrawConsent(await stage.server.grantOf(token.value.expose()))
    expect(await rejection(other.refreshCredential(id))).toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
    expect(stage.outcomes.at(-1)).toBe('refresh_token invalid_grant')
  })
})

describe('a token endpoint', () => {
  it('that names no lifetime has one assumed, and a 401 replaces the token once for all who saw it', async () => {
    let grants = 0
    const { server, manager, id } = await imported(
      response => json(response, 200, { access_token: `made-${++grants}`, token_type: 'bearer' }),
      120_000,
    )
    await using _server = server
    const token = await manager.getToken(id)
    expect(token.expiresAt).toBe((token.obtainedAt ?? 0) + 120_000)
    const replaced = await Promise.all(Array.from({ length: 50 }, () => manager.reportRejected(id, token)))
    expect(new Set(replaced.map(({ value }) => value.expose()))).toEqual(new Set(['made-2']))
    expect((await manager.reportRejected(id, token)).value.expose()).toBe('made-2')
    expect(server.requests).toHaveLength(2)
  })

  it.each([
    [
      'answers with more than a MiB',
      (response: ServerResponse) =>
        json(response, 200, { access_token: 'x'.repeat(1_048_577), token_type: 'bearer' }),
      'PROVIDER_UNAVAILABLE',
    ],
    [
      'redirects',
      (response: ServerResponse) => response.writeHead(307, { location: 'https://evil.example/token' }).end(),
      'PROVIDER_REJECTED',
    ],
    [
      'answers with a page',
      (response: ServerResponse) =>
        response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>sentinel-page</h1>'),
      'PROVIDER_UNAVAILABLE',
    ],
  ])('that %s is refused, and nothing of it is shown', async (_, answer, code) => {
    const { server, manager, id } = await imported(answer)
    await using _server = server
    const error = await rejection(manager.getToken(id))
    expect(error.code).toBe(code)
    expect(leakScan(error, [...sentinels, 'sentinel-page', 'evil.example/token'])).toEqual([])
  })

  it.each([
    ['seconds', () => '60'],
    ['a date', () => new Date(Date.now() + 60_000).toUTCString()],
  ])('that asks by %s to be left alone is left alone, by every process', async (_, retryAfter) => {
    const { server, stage, manager, id } = await imported(response =>
      response.writeHead(429, { 'retry-after': retryAfter() }).end('sentinel-page'),
    )
    await using _server = server
    const error = await rejection(manager.getToken(id))
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryable: true })
    expect((error.retryAt ?? 0) - Date.now()).toBeGreaterThan(57_000)
    const other = await stage.manager()
    expect(await rejection(other.getToken(id))).toMatchObject({
      code: 'COOLING_DOWN',
      retryAt: error.retryAt,
    })
    await rejection(manager.getToken(id))
    expect(server.requests).toHaveLength(1)
  })

  it.each(['error', 'error_description'])(
    'that echoes what we sent as its %s shows it in no error',
    async field => {
      const { server, manager, id } = await imported((response, body) =>
        json(response, 400, { error: 'invalid_request', [field]: body }),
      )
      await using _server = server
      const error = await rejection(manager.getToken(id))
      expect(leakScan(error, sentinels)).toEqual([])
      expect(leakScan(await manager.describe(id), sentinels)).toEqual([])
    },
  )
})
