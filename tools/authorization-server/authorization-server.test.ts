import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from './index.ts'

let server: AuthorizationServer
beforeEach(async () => {
  server = await startAuthorizationServer({ accessTokenTtlS: 60 })
})
afterEach(() => server.close())

const outcomes = () => server.tokenRequests.map(({ outcome }) => outcome)

async function refresh(refreshToken: string): Promise<Response> {
  const { id, secret } = server.clients.basic
  return fetch(`${server.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken }),
  })
}

async function isAccepted(accessToken: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${accessToken}` }
  return (await fetch(server.protectedResourceUrl, { headers })).status === 200
}

describe('the authorization server', () => {
  it('issues grants whose tokens work, and rotates the refresh token', async () => {
    const grant = await server.issueGrant()
    expect(await isAccepted(grant.accessToken)).toBe(true)
    const tokens = (await (await refresh(grant.refreshToken)).json()) as Record<string, string>
    expect(tokens.refresh_token).not.toBe(grant.refreshToken)
    expect(await isAccepted(tokens.access_token ?? '')).toBe(true)
    expect(await isAccepted('made up')).toBe(false)
    expect(server.tokenRequests).toEqual([
      { grantType: 'refresh_token', clientId: 'basic', outcome: 'success' },
    ])
  })

  it('ends the whole grant when two requests bring one refresh token at the same moment', async () => {
    const grant = await server.issueGrant()
    const responses = await Promise.all([refresh(grant.refreshToken), refresh(grant.refreshToken)])
    expect(responses.some(response => response.status === 400)).toBe(true)
    expect(outcomes()).toContain('invalid_grant')
    expect(await isAccepted(grant.accessToken)).toBe(false)
    for (const response of responses.filter(({ ok }) => ok)) {
      const tokens = (await response.json()) as Record<string, string>
      expect((await refresh(tokens.refresh_token ?? '')).status).toBe(400)
      expect(await isAccepted(tokens.access_token ?? '')).toBe(false)
    }
  })

  it('acts at once and answers later when it is slow', async () => {
    const grant = await server.issueGrant()
    server.setDelay(300)
    const start = performance.now()
    expect((await refresh(grant.refreshToken)).status).toBe(200)
    expect(performance.now() - start).toBeGreaterThanOrEqual(299)
    // So much later that nobody takes the one for the other.
    server.setDelay(60_000)
    const { refreshToken } = await server.issueGrant()
    const pending = refresh(refreshToken).then(
      () => 'answered',
      () => 'closed',
    )
    await expect.poll(outcomes).toEqual(['success', 'success'])
    await server.close()
    expect(await pending).toBe('closed')
  })

  it('fails before or after it has acted, as often as it is told', async () => {
    const grant = await server.issueGrant()
    server.failNext({ when: 'before', answer: { status: 503 } }, { when: 'after' })
    expect((await refresh(grant.refreshToken)).status).toBe(503)
    expect(outcomes()).toEqual([])
    await expect(refresh(grant.refreshToken)).rejects.toThrow('fetch failed')
    expect(outcomes()).toEqual(['success'])
    expect((await refresh(grant.refreshToken)).status).toBe(400)
  })

  it('takes a consent back', async () => {
    const grant = await server.issueGrant()
    server.withdrawConsent(grant.grantId)
    expect(await isAccepted(grant.accessToken)).toBe(false)
    expect((await refresh(grant.refreshToken)).status).toBe(400)
  })
})
