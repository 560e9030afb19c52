import { authenticatedFetch, fixedSource, httpBearer } from '@nebula-credential/core'
import { leakScan } from '@nebula-credential/testing'
import { describe, expect, it } from 'vitest'
import { ConnectionStage, rejection, type StageOptions } from '../../test/connection-stage.ts'
import { loopbackFetch } from '../../test/environment.ts'
import { exchangedTokens } from './exchanged-tokens.ts'
import { oauth2RefreshToken } from './oauth2-refresh-token.ts'

const outbound = { fetch: loopbackFetch() }

async function open(options: StageOptions = {}, imported: { readonly accessToken?: string } = {}) {
  const stage = await ConnectionStage.open(options)
  const manager = await stage.manager()
  const { issuer, clients } = stage.server
  const grant = await stage.server.issueGrant({ accountId: 'ada', client: 'post' })
  const { accessToken, refreshToken, expiresAt } = grant
  const id = await manager.createCredential(oauth2RefreshToken, {
    server: { issuer },
    client: { authentication: 'client_secret_post', ...clients.post },
    accessToken,
    refreshToken,
    expiresAt,
    ...imported,
  })
  const terms = {
    server: { issuer },
    client: { authentication: 'client_secret_basic', ...clients.basic },
    scope: 'reports.read',
  } as const
  const tokens = exchangedTokens(manager.tokenSource(id), terms, outbound)
  const exchanges = () => stage.outcomes.filter(outcome => outcome === 'token-exchange success').length
  return { stage, manager, id, terms, tokens, grant, exchanges }
}

describe('tokens in exchange for those of another credential', () => {
  it('work, and are exchanged once for any number of callers', async () => {
    const { stage, tokens, exchanges } = await open()
    const all = await Promise.all(Array.from({ length: 50 }, () => tokens.getToken()))
    expect(new Set(all.map(({ value }) => value.expose())).size).toBe(1)
    expect(await stage.accepts(await tokens.getToken())).toBe(true)
    expect(exchanges()).toBe(1)
  })

  it('keep up with the other credential', async () => {
    const { manager, id, tokens, exchanges } = await open()
    const before = await tokens.getToken()
    await manager.refreshCredential(id)
    const after = await tokens.getToken()
    expect(after.value.expose()).not.toBe(before.value.expose())
    expect(exchanges()).toBe(2)
  })

  it('are replaced when they end', async () => {
    const { tokens, exchanges } = await open({ accessTokenTtlS: 2 })
    await tokens.getToken()
    await new Promise(resolve => setTimeout(resolve, 1_900))
    await tokens.getToken()
    expect(exchanges()).toBe(2)
  })

  it('are replaced when a service refuses them, once for all who say so', async () => {
    const { stage, tokens, exchanges } = await open()
    const token = await tokens.getToken()
    const { id, secret } = stage.server.clients.basic
    await fetch(`${stage.server.issuer}/token/revocation`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
      body: new URLSearchParams({ token: token.value.expose() }),
    })
    const calling = authenticatedFetch(tokens, httpBearer)
    expect((await calling(stage.server.protectedResourceUrl)).status).toBe(200)
    const again = await Promise.all([tokens.reportRejected(token), tokens.reportRejected(token)])
    expect(new Set(again.map(({ value }) => value.expose())).size).toBe(1)
    expect(exchanges()).toBe(2)
  })

  it('have the other credential refreshed when its token ended early', async () => {
    const policy = { replicationLagMs: 0 }
    const { stage, tokens, exchanges } = await open({ policy }, { accessToken: 'ended already' })
    expect(await stage.accepts(await tokens.getToken())).toBe(true)
    expect(stage.outcomes).toContain('refresh_token success')
    expect(exchanges()).toBe(1)
  })

  it('fail for their owner once the other grant has ended, and show no token', async () => {
    const { stage, manager, id, terms, grant } = await open()
    const token = await manager.getToken(id)
    const tokens = exchangedTokens(fixedSource(token), terms, outbound)
    stage.server.withdrawConsent(grant.grantId)
    const error = await rejection(tokens.getToken())
    expect(error).toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
    expect(leakScan(error, [grant.accessToken, terms.client.secret])).toEqual([])
  })

  it('go on after a failure', async () => {
    const { stage, tokens } = await open()
    stage.server.failNext({ when: 'before', answer: { status: 503, headers: { 'retry-after': '1' } } })
    const error = await rejection(tokens.getToken())
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryAt: expect.any(Number) })
    expect(await stage.accepts(await tokens.getToken())).toBe(true)
  })

  it('end the wait of a caller that gives up, and nobody else’s', async () => {
    const { stage, tokens } = await open()
    stage.server.setDelay(200)
    const other = tokens.getToken()
    await expect(tokens.getToken({ signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
    await other
  })

  it('need terms that are whole', async () => {
    const { manager, id } = await open()
    const client = { authentication: 'client_secret_basic', id: 'basic' } as never
    expect(() => exchangedTokens(manager.tokenSource(id), { server: { issuer: 'x' }, client })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
  })
})
