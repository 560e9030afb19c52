import { authenticatedFetch, authenticateWith, httpBearer, MemoryStateStore } from '@nebula-credential/core'
import { leakScan } from '@nebula-credential/testing'
import { Browser } from 'authorization-server'
import { describe, expect, it } from 'vitest'
import { ConnectionStage, consent, rejection, type StageOptions } from '../../test/connection-stage.ts'
import { loopbackFetch } from '../../test/environment.ts'
import { listeningFetch } from '../../test/listening-fetch.ts'
import { dpopFetch } from '../authenticator/dpop-fetch.ts'
import { newDpopKey } from '../token-endpoint/dpop-key.ts'
import { oauth2DpopConnection } from './oauth2-connection.ts'

/** A stage, and a connection on it of a client without a secret, whose refresh tokens are bound to the key as well. */
async function connect(options: StageOptions = {}) {
  const stage = await ConnectionStage.open(options)
  const manager = await stage.manager()
  const client = { authentication: 'none', ...stage.server.clients.none } as const
  const begun = await manager.beginAuthorization(oauth2DpopConnection, stage.input({ client }))
  const id = await manager.resumeAuthorization(await consent(begun), {
    ...begun,
    definition: oauth2DpopConnection,
  })
  return { stage, manager, id, userinfo: `${stage.server.issuer}/me` }
}

describe.each([
  ['without a nonce', false],
  ['with a nonce of the server', true],
])('a connection with proofs of possession %s', (_, dpopNonce) => {
  it('has tokens that work with its key only', async () => {
    const { manager, id, userinfo } = await connect({ dpopNonce })
    const fetchAs = await manager.client(id, dpopFetch)
    const response = await fetchAs(userinfo)
    expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ sub: 'ada' })])

    const token = await manager.getToken(id)
    const other = { ...token, key: await newDpopKey() }
    expect((await (await authenticateWith(dpopFetch, other))(userinfo)).status).toBe(401)
    for (const scheme of ['Bearer', 'DPoP']) {
      const headers = { authorization: `${scheme} ${token.value.expose()}` }
      const { status } = await fetch(userinfo, { headers })
      expect([400, 401]).toContain(status)
    }
  })

  it('is refreshed, verified and revoked by the key that it was made with', async () => {
    const { manager, id, userinfo, stage } = await connect({ dpopNonce })
    const before = await manager.getToken(id)
    await manager.refreshCredential(id)
    const after = await manager.getToken(id)
    expect(after.value.expose()).not.toBe(before.value.expose())
    expect(after.key.expose()).toBe(before.key.expose())
    expect((await (await manager.client(id, dpopFetch))(userinfo)).status).toBe(200)
    expect(await manager.verifyCredential(id)).toMatchObject({ valid: true, account: { id: 'ada' } })
    expect(await manager.revokeCredential(id)).toEqual({ provider: 'revoked' })
    expect(stage.outcomes.filter(outcome => outcome.endsWith('success'))).toEqual([
      'authorization_code success',
      'refresh_token success',
    ])
  })
})

describe('a connection with proofs of possession', () => {
  it('asks for a nonce once, and sends it with every further request', async () => {
    const { manager, id, userinfo, stage } = await connect({ dpopNonce: true })
    const fetchAs = await manager.client(id, dpopFetch)
    const asked = () => stage.server.otherRequests.filter(path => path === '/me').length
    const before = asked()
    for (let calls = 0; calls < 3; calls++) expect((await fetchAs(userinfo)).status).toBe(200)
    expect(asked() - before).toBe(4)
  })

  it('can be made on another device', async () => {
    const stage = await ConnectionStage.open({ dpopNonce: true })
    const manager = await stage.manager()
    const { redirectUri: _none, ...asked } = stage.input({ grant: 'device_code' })
    const begun = await manager.beginAuthorization(oauth2DpopConnection, asked)
    if (begun.interaction.kind !== 'device_code') expect.unreachable()
    const { verificationUri, userCode } = begun.interaction
    await new Browser({ account: 'ada' }).enterCode(verificationUri, userCode)
    const id = await manager.waitForAuthorization(begun)
    const fetchAs = await manager.client(id, dpopFetch)
    expect((await fetchAs(`${stage.server.issuer}/me`)).status).toBe(200)
    await manager.refreshCredential(id)
    expect((await fetchAs(`${stage.server.issuer}/me`)).status).toBe(200)
  })

  it('cannot be refreshed by another key: the grant is bound to its own', async () => {
    const { fetch: listening, lastAnswer } = listeningFetch()
    const { stage } = await connect({ fetch: listening })
    const refreshToken = lastAnswer('/token', 'refresh_token')
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      client_id: stage.server.clients.none.id,
    })
    const response = await fetch(`${stage.server.issuer}/token`, { method: 'POST', body })
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ error: 'invalid_grant' }),
    ])
  })

  it('shows its key nowhere, at rest neither, not while it is pending either', async () => {
    const { manager, id, stage } = await connect()
    const token = await manager.getToken(id)
    const privatePart = (JSON.parse(token.key.expose()) as { d: string }).d
    const secrets = [privatePart, token.key.expose(), token.value.expose()]
    const record = await new MemoryStateStore(stage.backend).get('acme', id)
    for (const shown of [token, record, await manager.describe(id), await stage.events()]) {
      expect(leakScan(shown, secrets)).toEqual([])
    }
    expect(Buffer.from(record?.state ?? []).toString('latin1')).not.toContain(privatePart)
  })

  it('is no bearer: an authenticator of bearer tokens does not take it', async () => {
    const { manager, id } = await connect()
    // @ts-expect-error a token of another kind
    const fetchAs = authenticatedFetch(manager.tokenSource(id), httpBearer)
    await expect(fetchAs('https://api.example')).rejects.toMatchObject({ code: 'TYPE_MISMATCH' })
  })

  it('is refused where the server binds no token to a key', async () => {
    const outbound = loopbackFetch()
    const fetch: typeof globalThis.fetch = (input, init) => {
      const headers = new Headers(init?.headers)
      headers.delete('dpop')
      return outbound(input, { ...init, headers })
    }
    const stage = await ConnectionStage.open({ pushedRequests: false, fetch })
    const manager = await stage.manager()
    const begun = await manager.beginAuthorization(oauth2DpopConnection, stage.input())
    const url = begun.interaction.kind === 'redirect' ? new URL(begun.interaction.url) : expect.unreachable()
    url.searchParams.delete('dpop_jkt')
    const callback = await consent({ interaction: { kind: 'redirect', url: url.href } })
    expect(await rejection(manager.resumeAuthorization(callback, begun))).toMatchObject({
      code: 'PROVIDER_REJECTED',
      message: expect.stringContaining('DPoP'),
    })
  })
})
