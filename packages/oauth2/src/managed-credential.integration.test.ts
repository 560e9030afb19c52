import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  authenticateWith,
  type Clock,
  CredentialManager,
  httpBearer,
  type RefreshPolicy,
  rawKey,
  systemClock,
} from '@nebula-credential/core'
import { SqliteStateStore } from '@nebula-credential/storage-sqlite'
import { leakScan } from '@nebula-credential/testing'
import { type AuthorizationServer, startAuthorizationServer } from 'authorization-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loopbackFetch } from '../test/environment.ts'
import { oauth2ClientCredentials } from './credential/oauth2-client-credentials.ts'
import { oauth2RefreshToken } from './credential/oauth2-refresh-token.ts'

let server: AuthorizationServer
let folder: string
beforeEach(async () => {
  server = await startAuthorizationServer({ accessTokenTtlS: 600 })
  folder = await mkdtemp(join(tmpdir(), 'oauth2-'))
})
afterEach(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

/** A manager as one process would have it; all share one SQLite file. */
const newManager = (policy: Partial<RefreshPolicy> = {}, clock: Clock = systemClock) =>
  CredentialManager.builder()
    .withStorage(new SqliteStateStore(join(folder, 'nebula.db')))
    .withEncryption(rawKey(Buffer.alloc(32, 7)))
    .withCredentials(oauth2ClientCredentials, oauth2RefreshToken)
    .withContext({ tenantId: 'acme', actor: 'test' })
    .withFetch(loopbackFetch())
    .withPolicy(policy)
    .withClock(clock)
    .build()

/** Input for tokens that exist already, whose access token has expired. */
async function expiredGrant() {
  const { grantId, accessToken, refreshToken } = await server.issueGrant({ accountId: 'ada' })
  const input = {
    server: { issuer: server.issuer },
    client: { authentication: 'client_secret_basic', ...server.clients.basic },
    accessToken,
    refreshToken,
    expiresAt: Date.now() - 1,
  } as const
  return { grantId, input, secrets: [accessToken, refreshToken, server.clients.basic.secret] }
}

const outcomes = () => server.tokenRequests.map(({ grantType, outcome }) => `${grantType} ${outcome}`)

describe('an OAuth credential in the hands of the manager', () => {
  it('is refreshed once for any number of callers of two managers, each time it expires', async () => {
    let aheadMs = 0
    // Ahead of the server, so that a token ends for the managers when the test says so.
    const clock = { ...systemClock, now: () => Date.now() + aheadMs }
    await using one = await newManager({}, clock)
    await using other = await newManager({}, clock)
    const id = await one.createCredential(oauth2RefreshToken, (await expiredGrant()).input)
    for (let round = 1; round <= 3; round++) {
      const tokens = await Promise.all(
        Array.from({ length: 200 }, (_, caller) => (caller % 2 === 0 ? one : other).getToken(id)),
      )
      expect(outcomes()).toEqual(Array(round).fill('refresh_token success'))
      expect(new Set(tokens.map(token => token.value.expose())).size).toBe(1)
      const [token] = tokens as [(typeof tokens)[0]]
      const request = await authenticateWith(httpBearer, token, new Request(server.protectedResourceUrl))
      const response = await fetch(request)
      expect([response.status, await response.json()]).toEqual([
        200,
        expect.objectContaining({ account: 'ada' }),
      ])
      aheadMs += 600_001
    }
  })

  it('outlives the process: a new manager goes on with the last refresh token', async () => {
    const { input } = await expiredGrant()
    let id: Awaited<ReturnType<typeof create>>
    const create = (manager: Awaited<ReturnType<typeof newManager>>) =>
      manager.createCredential(oauth2RefreshToken, input)
    {
      await using manager = await newManager()
      id = await create(manager)
      await manager.getToken(id)
    }
    await using manager = await newManager()
    await manager.refreshCredential(id)
    expect(outcomes()).toEqual(['refresh_token success', 'refresh_token success'])
  })

  it('asks for the client to be checked when its secret is refused at creation', async () => {
    await using manager = await newManager()
    const input = {
      server: { issuer: server.issuer },
      client: { authentication: 'client_secret_basic', id: 'basic', secret: 'hunter2' },
    } as const
    const error = await manager.createCredential(oauth2ClientCredentials, input).catch(error => error)
    expect(error).toMatchObject({
      code: 'PROVIDER_REJECTED',
      message: expect.stringContaining('answered invalid_client'),
    })
    expect(leakScan(error, ['hunter2'])).toEqual([])
    expect((await manager.list()).credentials).toEqual([])
  })

  it('asks for a person once consent is gone, and shows no secret in doing so', async () => {
    await using manager = await newManager()
    const { grantId, input, secrets } = await expiredGrant()
    const id = await manager.createCredential(oauth2RefreshToken, input)
    server.withdrawConsent(grantId)
    const error = await manager.getToken(id).catch(error => error)
    expect(error).toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
    const description = await manager.describe(id)
    expect(description).toMatchObject({ failure: { cause: 'rejected' } })
    for (const shown of [error, description]) expect(leakScan(shown, secrets)).toEqual([])
    const file = await readFile(join(folder, 'nebula.db'), 'latin1')
    for (const secret of secrets) expect(file).not.toContain(secret)
  })

  it('says that the rotation was lost when the answer of a refresh never arrived', async () => {
    await using manager = await newManager({ coolOffMs: 1 })
    const id = await manager.createCredential(oauth2RefreshToken, (await expiredGrant()).input)
    server.failNext({ when: 'after' })
    await expect(manager.getToken(id)).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      retryable: true,
    })
    await expect(manager.refreshCredential(id)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
    expect(await manager.describe(id)).toMatchObject({ failure: { cause: 'rotation_lost' } })
  })

  it('rides out a server that is down for two answers', async () => {
    await using manager = await newManager({ retryPauseMs: 1 })
    const id = await manager.createCredential(oauth2RefreshToken, (await expiredGrant()).input)
    const down = { when: 'before', answer: { status: 503 } } as const
    server.failNext(down, down)
    await manager.getToken(id)
    expect(outcomes()).toEqual(['refresh_token success'])
  })

  it('is verified by the server, remembers whose it is, and is revoked there', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(oauth2RefreshToken, (await expiredGrant()).input)
    expect(await manager.verifyCredential(id)).toMatchObject({ valid: true, asked: true })
    expect(await manager.describe(id)).toMatchObject({ account: { id: 'ada' } })
    const token = await manager.getToken(id)
    await manager.revokeCredential(id)
    const request = await authenticateWith(httpBearer, token, new Request(server.protectedResourceUrl))
    expect((await fetch(request)).status).toBe(401)
  })
})
