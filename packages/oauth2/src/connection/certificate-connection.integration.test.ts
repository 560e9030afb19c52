import { createHash, X509Certificate } from 'node:crypto'
import { type CredentialManager, MemoryBackend, MemoryStateStore } from '@nebula-credential/core'
import type { ClientCertificate, GuardedRequestInit } from '@nebula-credential/outbound'
import { leakScan } from '@nebula-credential/testing'
import { Browser, callbackUrl } from 'authorization-server'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type CertificateMethod, CertificateStage, certificateMethods } from '../../test/certificate-stage.ts'
import { rejection, scope } from '../../test/connection-stage.ts'
import { accountOf } from '../flow/account.ts'
import { defineOAuth2Provider } from '../provider/define-oauth2-provider.ts'
import { oauth2Connection } from './oauth2-connection.ts'

let stage: CertificateStage
beforeAll(async () => {
  stage = await CertificateStage.open()
})
afterAll(() => stage[Symbol.asyncDispose]())
beforeEach(() => {
  stage.server.tokenRequests.length = 0
})

const input = <const Method extends CertificateMethod>(method: Method) => ({
  server: { issuer: stage.server.issuer },
  client: stage.client(method),
  redirectUri: callbackUrl,
  scope,
})

/** A person's browser, which has no certificate. */
const browser = () => new Browser({ account: 'ada' }, stage.trusting())

async function connect(manager: CredentialManager, method: CertificateMethod) {
  const begun = await manager.beginAuthorization(oauth2Connection, input(method))
  if (begun.interaction.kind !== 'redirect') expect.unreachable()
  const callback = await browser().visit(begun.interaction.url)
  return oauth2Connection.id(await manager.resumeAuthorization(callback, begun))
}

/** A fetch that presents a certificate. */
function presenting(clientCertificate: ClientCertificate): typeof globalThis.fetch {
  const fetch = stage.trusting()
  return (url, init) => fetch(url, { ...init, clientCertificate } as GuardedRequestInit)
}

/** RFC 8705 section 3.1. */
const thumbprint = ({ certificate }: ClientCertificate) =>
  createHash('sha256').update(new X509Certificate(certificate).raw).digest('base64url')

/** To which certificate the server says that a token is bound. */
async function boundTo(method: CertificateMethod, token: string): Promise<unknown> {
  const client = stage.client(method)
  const body = new URLSearchParams({ token, client_id: client.id })
  const response = await presenting(client)(`${stage.server.issuer}/token/introspection`, {
    method: 'POST',
    body,
  })
  return ((await response.json()) as { cnf?: Record<string, unknown> }).cnf?.['x5t#S256']
}

describe.each(certificateMethods)('a connection of a client by %s', method => {
  const client = () => stage.client(method)
  const another = () =>
    stage.client(method === 'tls_client_auth' ? 'self_signed_tls_client_auth' : 'tls_client_auth')

  it('has tokens that the server takes with the certificate only, after a refresh too', async () => {
    const manager = await stage.manager([oauth2Connection])
    const id = await connect(manager, method)
    for (let rounds = 0; rounds < 2; rounds++) {
      const token = await manager.getToken(id)
      expect(await boundTo(method, token.value.expose())).toBe(thumbprint(client()))
      const headers = { authorization: `Bearer ${token.value.expose()}` }
      const ask = (fetch: typeof globalThis.fetch) => fetch(`${stage.server.issuer}/me`, { headers })
      const answer = await ask(presenting(client()))
      expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ sub: 'ada' })])
      expect((await ask(stage.trusting())).status).toBe(401)
      expect((await ask(presenting(another()))).status).toBe(401)
      await manager.refreshCredential(id)
    }
    expect(stage.server.tokenRequests.map(({ grantType, outcome }) => [grantType, outcome])).toEqual([
      ['authorization_code', 'success'],
      ['refresh_token', 'success'],
      ['refresh_token', 'success'],
    ])
  })

  it('is verified and revoked by the certificate', async () => {
    const manager = await stage.manager([oauth2Connection])
    const id = await connect(manager, method)
    expect(await manager.verifyCredential(id)).toMatchObject({ valid: true, account: { id: 'ada' } })
    const token = (await manager.getToken(id)).value.expose()
    expect(await manager.revokeCredential(id)).toEqual({ provider: 'revoked' })
    expect(await boundTo(method, token)).toBeUndefined()
  })

  it('can be made on another device', async () => {
    const manager = await stage.manager([oauth2Connection])
    const { redirectUri: _none, ...asked } = input(method)
    const begun = await manager.beginAuthorization(oauth2Connection, { ...asked, grant: 'device_code' })
    if (begun.interaction.kind !== 'device_code') expect.unreachable()
    await browser().enterCode(begun.interaction.verificationUri, begun.interaction.userCode)
    const id = oauth2Connection.id(await manager.waitForAuthorization(begun))
    const token = (await manager.getToken(id)).value.expose()
    expect(await boundTo(method, token)).toBe(thumbprint(client()))
  })

  it('shows its key nowhere, at rest neither, not while it is pending either', async () => {
    const backend = new MemoryBackend()
    const manager = await stage.manager([oauth2Connection], { backend })
    const store = new MemoryStateStore(backend)
    const begun = await manager.beginAuthorization(oauth2Connection, input(method))
    const id = await connect(manager, method)
    const records = [await store.get('acme', begun.credentialId), await store.get('acme', id)]
    const secrets = [client().privateKey, client().privateKey.split('\n')[1] ?? '']
    for (const shown of [begun, records, await manager.getToken(id), await manager.describe(id)]) {
      expect(leakScan(shown, secrets)).toEqual([])
    }
    for (const record of records) {
      const kept = Object.values(record ?? {}).filter(value => value instanceof Uint8Array)
      expect(kept).not.toEqual([])
      expect(Buffer.concat(kept).toString('latin1')).not.toContain(secrets[1])
    }
  })

  it('is begun by its own certificate only, before a person is asked', async () => {
    const manager = await stage.manager([oauth2Connection])
    const stolen = { ...another(), id: client().id, authentication: method }
    const begun = manager.beginAuthorization(oauth2Connection, { ...input(method), client: stolen })
    expect(await rejection(begun)).toMatchObject({
      code: 'PROVIDER_REJECTED',
      message: expect.stringContaining('invalid_client'),
    })
  })
})

describe('a connection of a client by certificate', () => {
  it('goes to the endpoints that are meant for certificates, where the metadata name some', async () => {
    const outbound = stage.trusting()
    const asked: string[] = []
    const fetch: typeof globalThis.fetch = async (url, init) => {
      const response = await outbound(url, init)
      if (!String(url).includes('.well-known')) {
        asked.push(String(url).replace(stage.server.issuer, ''))
        return response
      }
      const metadata = (await response.json()) as Record<string, string>
      const endpoints = Object.entries(metadata).filter(
        ([name]) => name.endsWith('_endpoint') && name !== 'authorization_endpoint',
      )
      const aliases = Object.fromEntries(endpoints.map(([name, endpoint]) => [name, `${endpoint}?mtls`]))
      return Response.json({ ...metadata, mtls_endpoint_aliases: aliases })
    }
    const manager = await stage.manager([oauth2Connection], { fetch })
    const id = await connect(manager, 'tls_client_auth')
    await manager.refreshCredential(id)
    await manager.revokeCredential(id)
    expect(asked).toEqual([
      '/request?mtls',
      '/token?mtls',
      '/me?mtls',
      '/token?mtls',
      '/token/revocation?mtls',
      '/token/revocation?mtls',
    ])
  })

  it('asks an API whose account it is, with the certificate', async () => {
    const { issuer } = stage.server
    const provider = defineOAuth2Provider({
      type: 'provider_by_certificate',
      name: 'Provider',
      docs: 'https://provider.example',
      server: {
        authorizationEndpoint: `${issuer}/auth`,
        tokenEndpoint: `${issuer}/token`,
      },
      clientAuthentication: ['tls_client_auth'],
      account: { from: 'api', url: '/me', read: ({ sub }) => accountOf(sub) },
    })
    const manager = await stage.manager([provider])
    const { server: _known, ...asked } = input('tls_client_auth')
    const begun = await manager.beginAuthorization(provider, asked)
    if (begun.interaction.kind !== 'redirect') expect.unreachable()
    const id = await manager.resumeAuthorization(await browser().visit(begun.interaction.url), begun)
    expect(await manager.describe(id)).toMatchObject({ account: { id: 'ada' } })
    expect(await manager.verifyCredential(id)).toMatchObject({ valid: true })
  })
})
