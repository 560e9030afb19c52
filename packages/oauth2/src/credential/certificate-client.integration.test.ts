import { guardedFetch } from '@nebula-credential/outbound'
import { leakScan } from '@nebula-credential/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CertificateMethod, CertificateStage, certificateMethods } from '../../test/certificate-stage.ts'
import { rejection } from '../../test/connection-stage.ts'
import { oauth2ClientCredentials } from './oauth2-client-credentials.ts'
import { oauth2RefreshToken } from './oauth2-refresh-token.ts'

let stage: CertificateStage
beforeAll(async () => {
  stage = await CertificateStage.open()
})
afterAll(() => stage[Symbol.asyncDispose]())

const newManager = (fetch = stage.trusting()) =>
  stage.manager([oauth2ClientCredentials, oauth2RefreshToken], { fetch })
const clientOf = (method: CertificateMethod) => stage.client(method)

const input = (client: ReturnType<typeof clientOf>) => ({
  server: { issuer: stage.server.issuer },
  client,
  scope: 'reports.read',
})

describe.each(certificateMethods)('a client by %s', kind => {
  it('gets tokens, refreshes, verifies and revokes them by its certificate', async () => {
    const manager = await newManager()
    const client = clientOf(kind)
    const own = await manager.createCredential(oauth2ClientCredentials, input(client))
    expect(await manager.verifyCredential(own)).toMatchObject({ valid: true, asked: true })

    const issuedTo = kind === 'tls_client_auth' ? 'tls' : 'selfSignedTls'
    const { accessToken, refreshToken } = await stage.server.issueGrant({ client: issuedTo })
    const id = await manager.createCredential(oauth2RefreshToken, {
      server: { issuer: stage.server.issuer },
      client,
      accessToken,
      refreshToken,
    })
    expect((await manager.getToken(id)).value.expose()).not.toBe(accessToken)
    expect(await manager.revokeCredential(id)).toEqual({ provider: 'revoked' })
    expect(stage.server.tokenRequests.map(({ outcome }) => outcome)).not.toContain('invalid_client')
  })

  it('shows its key nowhere', async () => {
    const manager = await newManager()
    const client = clientOf(kind)
    const id = await manager.createCredential(oauth2ClientCredentials, input(client))
    const secrets = [client.privateKey, client.privateKey.split('\n')[1] ?? '']
    for (const shown of [await manager.getToken(id), await manager.describe(id)]) {
      expect(leakScan(shown, secrets)).toEqual([])
    }
  })
})

describe('a client by certificate', () => {
  it('is refused with the certificate of another', async () => {
    const manager = await newManager()
    const other = { ...clientOf('self_signed_tls_client_auth'), id: 'tls', authentication: 'tls_client_auth' }
    const error = await rejection(manager.createCredential(oauth2ClientCredentials, input(other as never)))
    expect(error).toMatchObject({ code: 'PROVIDER_REJECTED' })
    expect(leakScan(error, [other.privateKey])).toEqual([])
  })

  it('keeps its connections to itself', async () => {
    const fetch = stage.trusting()
    const { certificate, privateKey } = clientOf('tls_client_auth')
    const ask = async (given: object) => {
      const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'tls' })
      return (await fetch(`${stage.server.issuer}/token`, { method: 'POST', body, ...given })).status
    }
    const known = { clientCertificate: { certificate, privateKey } }
    expect([await ask(known), await ask({}), await ask(known), await ask({})]).toEqual([200, 401, 200, 401])
  })

  it('goes to the endpoints that are meant for certificates, where the metadata name some', async () => {
    const outbound = stage.trusting()
    const asked: string[] = []
    const fetch: typeof globalThis.fetch = async (url, init) => {
      asked.push(String(url))
      const response = await outbound(url, init)
      if (!String(url).includes('.well-known')) return response
      const metadata = (await response.json()) as Record<string, string>
      const aliases = { token_endpoint: `${metadata.token_endpoint}?mtls` }
      return Response.json({ ...metadata, mtls_endpoint_aliases: aliases })
    }
    const manager = await newManager(fetch)
    await manager.createCredential(oauth2ClientCredentials, input(clientOf('tls_client_auth')))
    expect(asked.at(-1)).toBe(`${stage.server.issuer}/token?mtls`)
    const { basic } = stage.server.clients
    const client = { authentication: 'client_secret_basic', ...basic } as const
    await manager.createCredential(oauth2ClientCredentials, {
      server: { issuer: stage.server.issuer },
      client,
    })
    expect(asked.at(-1)).toBe(`${stage.server.issuer}/token`)
  })

  it('finds no server whose certificate nobody vouches for', async () => {
    const manager = await newManager(guardedFetch({ allow: ['127.0.0.1'] }))
    const client = clientOf('tls_client_auth')
    const error = await rejection(manager.createCredential(oauth2ClientCredentials, input(client)))
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
  })

  it('is refused with a key of another certificate, and without showing either', async () => {
    const manager = await newManager()
    const { privateKey } = clientOf('self_signed_tls_client_auth')
    const mixed = { ...clientOf('tls_client_auth'), privateKey }
    const error = await rejection(manager.createCredential(oauth2ClientCredentials, input(mixed)))
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
    expect(leakScan(error, [privateKey])).toEqual([])
  })

  it.each([
    ['certificate', 'hunter2'],
    ['privateKey', 'hunter2'],
    ['privateKey', '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----'],
  ])('needs a %s that is one', async (field, value) => {
    const manager = await newManager()
    const client = { ...clientOf('tls_client_auth'), [field]: value }
    const error = await rejection(manager.createCredential(oauth2ClientCredentials, input(client)))
    expect(error).toMatchObject({ code: 'INPUT_INVALID' })
    expect(leakScan(error, ['hunter2'])).toEqual([])
  })
})
