import { leakScan } from '@nebula-credential/testing'
import { describe, expect, it } from 'vitest'
import { ConnectionStage, consent, rejection, type StageOptions } from '../../test/connection-stage.ts'
import { listeningFetch } from '../../test/listening-fetch.ts'
import { oauth2Connection, oauth2DpopConnection } from './oauth2-connection.ts'

type Given = Parameters<ConnectionStage['input']>[0]

async function connect(given: Given = {}, options: StageOptions = {}) {
  const stage = await ConnectionStage.open(options)
  const manager = await stage.manager()
  const begun = await manager.beginAuthorization(oauth2Connection, stage.input(given))
  const id = await manager.resumeAuthorization(await consent(begun), begun)
  return { stage, manager, id: oauth2Connection.id(id) }
}

/** What the server itself says about a token. */
async function introspect({ server }: ConnectionStage, token: string): Promise<Record<string, unknown>> {
  const { id, secret } = server.clients.basic
  const response = await fetch(`${server.issuer}/token/introspection`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    body: new URLSearchParams({ token }),
  })
  return (await response.json()) as Record<string, unknown>
}

describe('pushed authorization requests, RFC 9126', () => {
  it('that the server refuses are for the operator, and show nothing', async () => {
    const stage = await ConnectionStage.open()
    const manager = await stage.manager()
    const redirectUri = 'https://client.example/not-registered'
    const error = await rejection(manager.beginAuthorization(oauth2Connection, stage.input({ redirectUri })))
    expect(error).toMatchObject({ code: 'PROVIDER_REJECTED' })
    expect(leakScan(error, [stage.server.clients.basic.secret])).toEqual([])
    expect((await manager.list()).credentials).toEqual([])
  })

  it('authenticate the client before a person is asked', async () => {
    const stage = await ConnectionStage.open()
    const manager = await stage.manager()
    const client = { authentication: 'client_secret_basic', id: 'basic', secret: 'hunter2' } as const
    const error = await rejection(manager.beginAuthorization(oauth2Connection, stage.input({ client })))
    expect(error).toMatchObject({
      code: 'PROVIDER_REJECTED',
      message: expect.stringContaining('invalid_client'),
    })
    expect(leakScan(error, ['hunter2'])).toEqual([])
  })

  it('carry a proof of possession whose nonce the server asks for', async () => {
    const stage = await ConnectionStage.open({ dpopNonce: true })
    const manager = await stage.manager()
    const begun = await manager.beginAuthorization(oauth2DpopConnection, stage.input())
    expect(stage.server.otherRequests.filter(path => path === '/request')).toHaveLength(2)
    await manager.resumeAuthorization(await consent(begun), begun)
  })
})

describe('resource indicators, RFC 8707', () => {
  const resource = ['https://api.example/reports']
  const asked = { resource, scope: 'offline_access reports.read' }

  it('bind the token of a connection to the resource, after a refresh too', async () => {
    const { stage, manager, id } = await connect(asked)
    for (let rounds = 0; rounds < 2; rounds++) {
      const token = (await manager.getToken(id)).value.expose()
      expect(await introspect(stage, token)).toMatchObject({ active: true, aud: resource[0] })
      await manager.refreshCredential(id)
    }
  })

  it('that the server does not know are refused', async () => {
    const stage = await ConnectionStage.open()
    const manager = await stage.manager()
    const unknown = stage.input({ ...asked, resource: ['https://unknown.example/'] })
    expect(await rejection(manager.beginAuthorization(oauth2Connection, unknown))).toMatchObject({
      code: 'PROVIDER_REJECTED',
      message: expect.stringContaining('invalid_target'),
    })
  })
})

describe('introspection, RFC 7662', () => {
  const asked = { scope: 'offline_access reports.read' }

  it('verifies a connection that has no OpenID Connect account, and tells whose it is', async () => {
    const { stage, manager, id } = await connect(asked)
    expect(await manager.verifyCredential(id)).toMatchObject({ valid: true, asked: true })
    expect(await manager.describe(id)).toMatchObject({
      account: { id: 'ada' },
      permissions: { granted: expect.arrayContaining(['reports.read']) },
    })
    expect(stage.server.otherRequests).toContain('/token/introspection')
  })

  it('finds a token that was revoked behind our back', async () => {
    const { fetch: listening, lastAnswer } = listeningFetch()
    const { stage, manager, id } = await connect(asked, { fetch: listening })
    const { id: clientId, secret } = stage.server.clients.basic
    const response = await fetch(`${stage.server.issuer}/token/revocation`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` },
      body: new URLSearchParams({ token: lastAnswer('/token', 'access_token') }),
    })
    expect(response.status).toBe(200)
    expect(await manager.verifyCredential(id)).toMatchObject({ valid: false })
  })
})

describe('revocation, RFC 7009', () => {
  it('ends refresh token and access token at the server', async () => {
    const { fetch: listening, lastAnswer } = listeningFetch()
    const { stage, manager, id } = await connect({}, { fetch: listening })
    const token = await manager.getToken(id)
    const refreshToken = lastAnswer('/token', 'refresh_token')
    expect(await introspect(stage, refreshToken)).toMatchObject({ active: true })
    expect(await manager.revokeCredential(id)).toEqual({ provider: 'revoked' })
    expect(await introspect(stage, refreshToken)).toEqual({ active: false })
    expect(await stage.accepts(token)).toBe(false)
    expect(await rejection(manager.getToken(id))).toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
  })

  it('that the server cannot do now leaves the credential revoked here', async () => {
    const { stage, manager, id } = await connect()
    await stage.server.close()
    expect(await manager.revokeCredential(id)).toMatchObject({ provider: 'failed' })
    expect(await rejection(manager.getToken(id))).toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
  })
})
