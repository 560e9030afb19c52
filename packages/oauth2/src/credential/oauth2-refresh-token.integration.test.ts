import type { BearerToken } from '@nebula-credential/core'
import { type AuthorizationServer, type IssuedGrant, startAuthorizationServer } from 'authorization-server'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { environment, stored } from '../../test/environment.ts'
import { oauth2RefreshToken as type } from './oauth2-refresh-token.ts'

let server: AuthorizationServer
beforeAll(async () => {
  server = await startAuthorizationServer({ accessTokenTtlS: 600 })
})
afterAll(() => server.close())
beforeEach(() => {
  server.tokenRequests.length = 0
})

type Given = z.input<typeof type.input>
type State = z.output<typeof type.state>

function imported(grant: IssuedGrant, overrides: Partial<Given> = {}): Promise<State> {
  const { accessToken, refreshToken, expiresAt } = grant
  const input = z.decode(type.input, {
    server: { issuer: server.issuer },
    client: { authentication: 'client_secret_basic', ...server.clients.basic },
    accessToken,
    refreshToken,
    expiresAt,
    ...overrides,
  })
  return Promise.resolve(type.initialize(input, environment()))
}

async function refresh(state: State, given = environment()): Promise<State> {
  const next = await type.refresh?.perform(stored(type, state), given)
  return stored(type, next as State)
}

const mint = (state: State): BearerToken => type.token.mint(type.access(state), 1)

async function isAccepted(token: BearerToken): Promise<boolean> {
  const headers = { authorization: `Bearer ${token.value.expose()}` }
  return (await fetch(server.protectedResourceUrl, { headers })).status === 200
}

describe('importing', () => {
  it('keeps the tokens and uses none of them', async () => {
    const grant = await server.issueGrant()
    const token = mint(await imported(grant))
    expect(token.value.expose()).toBe(grant.accessToken)
    expect(token.expiresAt).toBe(grant.expiresAt)
    expect(await isAccepted(token)).toBe(true)
    expect(server.tokenRequests).toEqual([])
  })

  it('takes an access token whose end is unknown to have ended', async () => {
    const { expiresAt: _unknown, ...grant } = await server.issueGrant()
    const before = Date.now()
    const token = mint(await imported(grant as IssuedGrant))
    expect(token.expiresAt).toBeGreaterThanOrEqual(before)
    expect(token.expiresAt).toBeLessThanOrEqual(Date.now())
  })
})

describe('refreshing', () => {
  it('uses each refresh token once, generation after generation', async () => {
    let state = await imported(await server.issueGrant())
    const refreshTokens = new Set([state.tokens.refreshToken?.expose()])
    for (let generation = 0; generation < 3; generation++) {
      const startedAt = Date.now()
      state = await refresh(state, environment({ startedAt }))
      refreshTokens.add(state.tokens.refreshToken?.expose())
      expect(await isAccepted(mint(state))).toBe(true)
      expect(mint(state).expiresAt).toBe(startedAt + 600_000)
    }
    expect(refreshTokens.size).toBe(4)
    expect(server.tokenRequests.map(request => request.outcome)).toEqual(['success', 'success', 'success'])
    expect(state.tokens.scope).toBe('openid offline_access reports.read reports.write')
  })

  it('keeps the ID token as received, without letting it decide', async () => {
    const state = await refresh(await imported(await server.issueGrant()))
    expect(state.tokens.idToken?.expose()).toMatch(/^eyJ/)
    expect(mint(state)).not.toHaveProperty('idToken')
  })

  it.each(['post', 'none'] as const)('works for a client of kind %s', async kind => {
    const client = (
      kind === 'none'
        ? { authentication: 'none', ...server.clients.none }
        : { authentication: 'client_secret_post', ...server.clients.post }
    ) as Given['client']
    const grant = await server.issueGrant({ client: kind })
    expect(await isAccepted(mint(await refresh(await imported(grant, { client }))))).toBe(true)
  })

  it('keeps the refresh token of a server that does not rotate', async () => {
    await using plain = await startAuthorizationServer({ rotate: false })
    const grant = await plain.issueGrant()
    const state = await imported(grant, {
      server: { tokenEndpoint: `${plain.issuer}/token` },
      client: { authentication: 'client_secret_basic', ...plain.clients.basic },
    })
    const next = await refresh(await refresh(state))
    expect(next.tokens.refreshToken?.expose()).toBe(grant.refreshToken)
    expect(plain.tokenRequests.map(request => request.outcome)).toEqual(['success', 'success'])
  })

  it('is terminal once a used refresh token came back, for the whole grant', async () => {
    const first = await imported(await server.issueGrant())
    const second = await refresh(first)
    const terminal = { kind: 'terminal', message: `${new URL(server.issuer).host} answered invalid_grant` }
    await expect(refresh(first)).rejects.toMatchObject(terminal)
    await expect(refresh(second)).rejects.toMatchObject(terminal)
    expect(await isAccepted(mint(second))).toBe(false)
  })

  it('is terminal once the account has taken its consent back', async () => {
    const grant = await server.issueGrant()
    const state = await imported(grant)
    server.withdrawConsent(grant.grantId)
    await expect(refresh(state)).rejects.toMatchObject({ kind: 'terminal' })
  })

  it('asks for less where a scope is given', async () => {
    const state = await refresh(await imported(await server.issueGrant(), { scope: 'reports.read' }))
    expect(mint(state).scope).toBe('reports.read')
  })
})

describe('an answer that is lost', () => {
  it('after the server acted is unknown, and the old refresh token is then used up', async () => {
    const state = await imported(await server.issueGrant())
    server.failNext({ when: 'after' })
    await expect(refresh(state)).rejects.toMatchObject({ kind: 'unknown' })
    await expect(refresh(state)).rejects.toMatchObject({ kind: 'terminal' })
  })

  it.each([502, 504])('in a gateway (HTTP %i) is unknown too', async status => {
    const state = await imported(await server.issueGrant())
    server.failNext({ when: 'after', answer: { status, body: '<html>gateway</html>' } })
    await expect(refresh(state)).rejects.toMatchObject({ kind: 'unknown', peerDown: true })
  })

  it('before the server acted cannot be told apart, and the next try succeeds', async () => {
    const state = await imported(await server.issueGrant())
    server.failNext({ when: 'before' })
    await expect(refresh(state)).rejects.toMatchObject({ kind: 'unknown' })
    expect(await isAccepted(mint(await refresh(state)))).toBe(true)
  })

  it('because the caller gave up is unknown, with what it gave up for', async () => {
    const state = await imported(await server.issueGrant())
    server.setDelay(60_000)
    const caller = new AbortController()
    const refused = expect(refresh(state, environment({ signal: caller.signal }))).rejects.toMatchObject({
      kind: 'unknown',
    })
    await expect.poll(() => server.tokenRequests.map(request => request.outcome)).toEqual(['success'])
    caller.abort(new Error('enough'))
    await refused
    server.setDelay(0)
  })

  it('is none when the server cannot be reached: transient', async () => {
    const gone = await startAuthorizationServer()
    const grant = await gone.issueGrant()
    const state = await imported(grant, { server: { tokenEndpoint: `${gone.issuer}/token` } })
    await gone.close()
    await expect(refresh(state)).rejects.toMatchObject({ kind: 'transient', peerDown: true })
  })
})

describe('a server in trouble', () => {
  it('is left alone for as long as it asks', async () => {
    const state = await imported(await server.issueGrant())
    const startedAt = Date.now()
    server.failNext(
      { when: 'before', answer: { status: 503, headers: { 'retry-after': '30' } } },
      { when: 'before', answer: { status: 429, headers: { 'retry-after': '90' } } },
    )
    await expect(refresh(state, environment({ startedAt }))).rejects.toMatchObject({
      kind: 'transient',
      peerDown: true,
      retryAt: startedAt + 30_000,
    })
    await expect(refresh(state, environment({ startedAt }))).rejects.toMatchObject({
      kind: 'transient',
      peerDown: false,
      retryAt: startedAt + 90_000,
    })
    expect(await isAccepted(mint(await refresh(state)))).toBe(true)
  })
})

describe('verifying and revoking', () => {
  it('says whose account it is and what was granted', async () => {
    const grant = await server.issueGrant({ accountId: 'ada' })
    const state = await imported(grant)
    expect(await type.verify?.(mint(state), environment(), state)).toEqual({
      account: { id: 'ada', label: 'ada' },
      granted: ['openid', 'offline_access', 'reports.read', 'reports.write'],
    })
  })

  it('ends both tokens', async () => {
    const state = await imported(await server.issueGrant())
    await type.revoke?.(state, environment())
    expect(await isAccepted(mint(state))).toBe(false)
    await expect(refresh(state)).rejects.toMatchObject({ kind: 'terminal' })
  })
})
