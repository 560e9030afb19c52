import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apiKey } from '@nebula-credential/api-key'
import { CredentialManager, MemoryStateStore, rawKey } from '@nebula-credential/core'
import { oauth2RefreshToken } from '@nebula-credential/oauth2'
import { guardedFetch } from '@nebula-credential/outbound'
import { startAuthorizationServer } from 'authorization-server'
import { describe, expect, it } from 'vitest'
import { runNode } from '../run-node.ts'
import { partnerFetch } from './partner-fetch.ts'
import { partnerSigningKey } from './signing-key.ts'
import { startPartner } from './test/partner-service.ts'

const fetch = guardedFetch({ allow: ['127.0.0.1'], dangerouslyAllowHttp: true })
const partnerKey = () => ({
  apiKey: `key-sentinel-${randomBytes(8).toString('hex')}`,
  keyId: 'acme-1',
  key: randomBytes(32).toString('base64'),
})

async function startServices() {
  const stack = new AsyncDisposableStack()
  const issuer = stack.use(await startAuthorizationServer())
  const keys = partnerKey()
  const partner = stack.use(await startPartner({ ...keys, tokenCheckUrl: issuer.protectedResourceUrl }))
  const grant = await issuer.issueGrant()
  return { issuer, partner, keys, grant, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** The credentials in a manager of this process, and the fetch that is made of them. */
async function compose(
  { issuer, partner, keys, grant }: Awaited<ReturnType<typeof startServices>>,
  changes: Partial<ReturnType<typeof partnerKey>> = {},
) {
  const manager = await CredentialManager.builder()
    .withStorage(new MemoryStateStore())
    .withEncryption(rawKey(randomBytes(32)))
    .withFetch(fetch)
    .withPolicy({ replicationLagMs: 0 })
    .withContext({ tenantId: 'acme', actor: 'test' })
    .build()
  const { apiKey: key, keyId, key: signingKey } = { ...keys, ...changes }
  const { accessToken, refreshToken, expiresAt } = grant
  const { id, secret } = issuer.clients.basic
  const user = await manager.createCredential(oauth2RefreshToken, {
    server: { issuer: issuer.issuer },
    client: { authentication: 'client_secret_basic', id, secret },
    accessToken,
    refreshToken,
    expiresAt,
  })
  const app = await manager.createCredential(apiKey, { key, placement: { in: 'header', name: 'X-API-Key' } })
  const signer = await manager.createCredential(partnerSigningKey, { keyId, key: signingKey })
  const call = partnerFetch(manager, { user, app, signer }, fetch)
  const order = (quantity: number) =>
    call(`${partner.origin}/orders?priority=high`, { method: 'POST', body: JSON.stringify({ quantity }) })
  return { manager, user, signer, order, [Symbol.asyncDispose]: () => manager[Symbol.asyncDispose]() }
}

describe('the program', () => {
  it('sends a request with three credentials', async () => {
    await using services = await startServices()
    const { issuer, partner, keys, grant } = services
    const folder = mkdtempSync(join(tmpdir(), 'nebula-composition-'))
    const database = join(folder, 'composition.db')
    const { output, errors, exitCode } = await runNode(
      ['--conditions=@nebula-credential/source', join(import.meta.dirname, 'main.ts')],
      {
        env: {
          NEBULA_PASSPHRASE: 'correct horse battery staple',
          DATABASE: database,
          ISSUER: issuer.issuer,
          CLIENT_ID: issuer.clients.basic.id,
          CLIENT_SECRET: issuer.clients.basic.secret,
          ACCESS_TOKEN: grant.accessToken,
          REFRESH_TOKEN: grant.refreshToken,
          PARTNER_URL: partner.origin,
          PARTNER_API_KEY: keys.apiKey,
          PARTNER_KEY_ID: keys.keyId,
          PARTNER_KEY: keys.key,
        },
      },
    )
    expect([errors, exitCode]).toEqual(['', 0])
    expect(output.trim()).toBe('201 {"ordered":{"article":"lamp","quantity":7}}')
    const stored = readFileSync(database, 'latin1')
    for (const secret of [keys.apiKey, keys.key, grant.refreshToken]) expect(stored).not.toContain(secret)
    rmSync(folder, { recursive: true, force: true })
  })
})

describe('the fetch', () => {
  it('is refused as soon as one of its credentials is wrong', async () => {
    await using services = await startServices()
    const wrong = [
      [{ apiKey: 'another' }, 'key'],
      [{ keyId: 'another' }, 'what is signed'],
      [{ key: randomBytes(32).toString('base64') }, 'signature'],
    ] as const
    for (const [changes, what] of wrong) {
      await using composed = await compose(services, changes)
      const response = await composed.order(1)
      expect([response.status, await response.json()]).toEqual([403, { wrong: what }])
    }
  })

  it('replaces a token that was refused, once for all, and signs the requests anew', async () => {
    await using services = await startServices()
    await using composed = await compose(services)
    expect((await composed.order(1)).status).toBe(201)
    const first = services.partner.requests[0]?.headers
    services.partner.refused.add(first?.authorization ?? '')
    const answers = await Promise.all([2, 3, 4, 5].map(composed.order))
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201])
    expect(services.issuer.tokenRequests.map(({ outcome }) => outcome)).toEqual(['success'])
    const last = services.partner.requests.at(-1)?.headers
    expect(last?.authorization).not.toBe(first?.authorization)
    expect(last?.signature).not.toBe(first?.signature)
  })

  it('goes on with a new signing key as soon as the credential has it', async () => {
    await using services = await startServices()
    const { keys } = services
    await using composed = await compose(services, { key: randomBytes(32).toString('base64') })
    expect((await composed.order(1)).status).toBe(403)
    const { keyId, key } = keys
    await composed.manager.updateCredential(composed.signer, { input: { keyId, key } })
    expect((await composed.order(1)).status).toBe(201)
  })

  it('needs the person when the consent is gone', async () => {
    await using services = await startServices()
    await using composed = await compose(services)
    services.issuer.withdrawConsent(services.grant.grantId)
    await expect(composed.order(1)).rejects.toMatchObject({
      code: 'REAUTHORIZATION_REQUIRED',
      credentialId: composed.user,
    })
  })
})
