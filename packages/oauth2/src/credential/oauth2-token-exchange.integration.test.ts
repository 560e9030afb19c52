import { leakScan } from '@nebula-credential/testing'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { ConnectionStage, rejection } from '../../test/connection-stage.ts'
import { json, scriptedServer } from '../../test/scripted-server.ts'
import { oauth2RefreshToken } from './oauth2-refresh-token.ts'
import { oauth2TokenExchange } from './oauth2-token-exchange.ts'

type Given = z.input<typeof oauth2TokenExchange.input>

async function open() {
  const stage = await ConnectionStage.open()
  const manager = await stage.manager(oauth2TokenExchange)
  const user = await stage.server.issueGrant({ accountId: 'ada', client: 'post' })
  const input = (overrides: Partial<Given> = {}): Given => ({
    server: { issuer: stage.server.issuer },
    client: { authentication: 'client_secret_basic', ...stage.server.clients.basic },
    subject: { token: user.accessToken },
    ...overrides,
  })
  return { stage, manager, input, user }
}

async function introspect({ server }: ConnectionStage, token: string): Promise<unknown> {
  const { id, secret } = server.clients.basic
  const response = await fetch(`${server.issuer}/token/introspection`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    body: new URLSearchParams({ token }),
  })
  return response.json()
}

describe('a token in exchange for another', () => {
  it('is for the same account, to be used by our client', async () => {
    const { stage, manager, input, user } = await open()
    const given = input({ audience: 'reports', scope: 'reports.read' })
    const id = await manager.createCredential(oauth2TokenExchange, given)
    const token = await manager.getToken(id)
    expect(token.value.expose()).not.toBe(user.accessToken)
    expect(await introspect(stage, token.value.expose())).toMatchObject({
      sub: 'ada',
      client_id: 'basic',
      scope: 'reports.read',
      asked_audience: 'reports',
    })
    expect(await manager.verifyCredential(id)).toMatchObject({ valid: true, account: { id: 'ada' } })
    expect(leakScan(await manager.describe(id), [user.accessToken, token.value.expose()])).toEqual([])
    expect(await manager.revokeCredential(id)).toEqual({ provider: 'revoked' })
    expect(await stage.accepts(token)).toBe(false)
  })

  it('names who acts for whom', async () => {
    const { stage, manager, input } = await open()
    const agent = await stage.server.issueGrant({ accountId: 'agent', client: 'post' })
    const type = 'urn:ietf:params:oauth:token-type:access_token'
    const id = await manager.createCredential(
      oauth2TokenExchange,
      input({ actor: { token: agent.accessToken, type }, requestedTokenType: type }),
    )
    const token = await manager.getToken(id)
    expect(await introspect(stage, token.value.expose())).toMatchObject({ sub: 'ada', act: { sub: 'agent' } })
  })

  it('may come from another credential', async () => {
    const { stage, manager, input, user } = await open()
    const { accessToken, refreshToken } = user
    const source = await manager.createCredential(oauth2RefreshToken, {
      server: { issuer: stage.server.issuer },
      client: { authentication: 'client_secret_post', ...stage.server.clients.post },
      accessToken,
      refreshToken,
    })
    const subject = { token: (await manager.getToken(source)).value.expose() }
    const id = await manager.createCredential(oauth2TokenExchange, input({ subject }))
    expect(await stage.accepts(await manager.getToken(id))).toBe(true)
  })

  it('is exchanged again when it ends, and asks for its owner once the other token has ended', async () => {
    const { stage, manager, input, user } = await open()
    const id = await manager.createCredential(oauth2TokenExchange, input())
    await manager.refreshCredential(id)
    expect(stage.outcomes).toEqual(['token-exchange success', 'token-exchange success'])
    stage.server.withdrawConsent(user.grantId)
    const error = await rejection(manager.refreshCredential(id))
    expect(error).toMatchObject({
      code: 'REAUTHORIZATION_REQUIRED',
      message: expect.stringContaining('invalid_request'),
    })
    expect(leakScan(error, [user.accessToken])).toEqual([])
    const again = await stage.server.issueGrant({ accountId: 'ada', client: 'post' })
    await manager.updateCredential(id, { input: input({ subject: { token: again.accessToken } }) })
    expect(await stage.accepts(await manager.getToken(id))).toBe(true)
  })

  it('is refused where the other token is none', async () => {
    const { manager, input } = await open()
    const given = input({ subject: { token: 'hunter2' } })
    const error = await rejection(manager.createCredential(oauth2TokenExchange, given))
    expect(error.message).toContain('invalid_request')
    expect(leakScan(error, ['hunter2'])).toEqual([])
  })

  it('is refreshed by the refresh token that the server gave with it, each used once', async () => {
    const asked: string[] = []
    await using server = await scriptedServer((response, body) => {
      const parameters = new URLSearchParams(body)
      asked.push(
        `${parameters.get('grant_type')?.split(':').at(-1)} ${parameters.get('refresh_token') ?? ''}`,
      )
      json(response, 200, {
        access_token: 'made',
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        token_type: asked.length === 1 ? 'N_A' : 'bearer',
        refresh_token: `r${asked.length}`,
      })
    })
    const { manager, input } = await open()
    const given = input({ server: { tokenEndpoint: `${server.origin}/token` } })
    const id = await manager.createCredential(oauth2TokenExchange, given)
    await manager.refreshCredential(id)
    await manager.refreshCredential(id)
    expect(asked).toEqual(['token-exchange ', 'refresh_token r1', 'refresh_token r2'])
  })
})
