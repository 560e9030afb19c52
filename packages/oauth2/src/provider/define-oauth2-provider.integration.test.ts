import {
  authenticateWith,
  CredentialManager,
  httpBearer,
  MemoryStateStore,
  rawKey,
} from '@nebula-credential/core'
import {
  type AuthorizationServer,
  Browser,
  callbackUrl,
  startAuthorizationServer,
} from 'authorization-server'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { loopbackFetch } from '../../test/environment.ts'
import { defineOAuth2Provider } from './define-oauth2-provider.ts'

let server: AuthorizationServer
beforeEach(async () => {
  server = await startAuthorizationServer()
})
afterEach(() => server.close())

async function newManager() {
  const manager = await CredentialManager.builder()
    .withStorage(new MemoryStateStore())
    .withEncryption(rawKey(Buffer.alloc(32, 7)))
    .withContext({ tenantId: 'acme', userId: 'ada', actor: 'web' })
    .withFetch(loopbackFetch())
    .build()
  onTestFinished(() => manager.close())
  return manager
}

const newProvider = () =>
  defineOAuth2Provider({
    type: 'lamps_account',
    name: 'Lamps',
    docs: 'https://developer.lamps.example/oauth',
    server: { issuer: server.issuer },
    clientAuthentication: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    alwaysScope: 'openid offline_access',
    defaultScope: 'email reports.read',
  })

async function works(manager: CredentialManager, id: Parameters<CredentialManager['getToken']>[0]) {
  const token = await manager.getToken(id)
  const request = new Request(server.protectedResourceUrl)
  return (await fetch(await authenticateWith(httpBearer, token as never, request))).status === 200
}

describe('a provider that a program defines', () => {
  it.each(['basic', 'post', 'keyJwt', 'none'] as const)(
    'is connected, refreshed, verified and revoked by a client of kind %s',
    async kind => {
      const lamps = newProvider()
      const manager = await newManager()
      const { clients } = server
      const client = {
        basic: clients.basic,
        post: { ...clients.post, authentication: 'client_secret_post' as const },
        keyJwt: { ...clients.keyJwt, authentication: 'private_key_jwt' as const },
        none: clients.none,
      }[kind]
      const begun = await manager.beginAuthorization(lamps, { client, redirectUri: callbackUrl })
      if (begun.interaction.kind !== 'redirect') expect.unreachable()
      const callback = await new Browser({ account: 'ada' }).visit(begun.interaction.url)
      const id = lamps.id(await manager.resumeAuthorization(callback, begun))
      await manager.refreshCredential(id)
      expect(await works(manager, id)).toBe(true)
      expect(await manager.describe(id)).toMatchObject({
        account: { id: 'ada', label: 'ada@example.com' },
        permissions: { asked: ['openid', 'offline_access', 'email', 'reports.read'] },
      })
      expect(await manager.verifyCredential(id)).toMatchObject({ valid: true, account: { id: 'ada' } })
      expect(await manager.revokeCredential(id)).toEqual({ provider: 'revoked' })
    },
  )

  it('is connected on another device', async () => {
    const lamps = newProvider()
    const manager = await newManager()
    const begun = await manager.beginAuthorization(lamps, {
      client: server.clients.none,
      grant: 'device_code',
      scope: 'reports.read',
    })
    if (begun.interaction.kind !== 'device_code') expect.unreachable()
    await new Browser({ account: 'ada' }).enterCode(
      begun.interaction.verificationUri,
      begun.interaction.userCode,
    )
    const id = await manager.waitForAuthorization(begun)
    expect(await works(manager, id)).toBe(true)
  })

  it('says what of an input it does not take', async () => {
    const lamps = newProvider()
    const manager = await newManager()
    const begin = (given: object) =>
      manager.beginAuthorization(lamps, {
        client: server.clients.basic,
        redirectUri: callbackUrl,
        ...given,
      } as never)
    const bad: [object, string][] = [
      [{ client: { id: '' } }, 'client.id'],
      [{ client: { id: 'a', authentication: 'client_secret_jwt', secret: 'hunter2' } }, 'client'],
      [{ grant: 'password' }, 'grant'],
      [{ server: { issuer: 'https://evil.example' } }, '(input)'],
      [{ dpop: true }, '(input)'],
      [{ redirectUri: 'http://app.example' }, 'redirectUri'],
      [{ authorizationParameters: { state: 'mine' } }, 'authorizationParameters'],
    ]
    for (const [given, path] of bad) {
      await expect(begin(given)).rejects.toMatchObject({ code: 'INPUT_INVALID', issues: [{ path }] })
    }
  })
})

describe('a definition', () => {
  const lamps = {
    type: 'lamps_account',
    name: 'Lamps',
    docs: 'https://developer.lamps.example',
    server: { authorizationEndpoint: 'https://{shop}.example/a', tokenEndpoint: 'https://{shop}.example/t' },
    placeholders: { shop: { kind: 'label', title: 'Shop', example: 'acme' } },
    clientAuthentication: ['client_secret_post'],
  } as const

  it.each([
    ['{shop} is not declared', { placeholders: {} }],
    [
      'the placeholder tenant occurs in no URL',
      { placeholders: { ...lamps.placeholders, tenant: lamps.placeholders.shop } },
    ],
    [
      'a placeholder cannot be called scope',
      { server: { issuer: 'https://{scope}.example' }, placeholders: { scope: lamps.placeholders.shop } },
    ],
    ['does not fit its kind', { placeholders: { shop: { ...lamps.placeholders.shop, example: 'a/b' } } }],
    ['its URLs must be https', { server: { issuer: 'http://login.example' }, placeholders: {} }],
    ['its URLs must be https', { server: { issuer: 'login.example' }, placeholders: {} }],
    [
      'the URL of its revocation must be https',
      { revocation: { method: 'POST', url: 'http://{shop}.example/end' } },
    ],
    ['docs is no URL', { docs: 'the wiki' }],
    [
      'clients without a secret need a proof key',
      { clientAuthentication: ['client_secret_post', 'none'], dialect: { proofKey: 'none' } },
    ],
  ])('is refused when %s', (reason, change) => {
    expect(() => defineOAuth2Provider({ ...lamps, ...change } as never)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(reason) }),
    )
  })
})
