import { randomBytes } from 'node:crypto'
import { apiKey } from '@nebula-credential/api-key'
import { oauth2ClientCredentials, oauth2RefreshToken } from '@nebula-credential/oauth2'
import { expect } from '../expectation.ts'
import type { Credentials, World } from '../world.ts'

export async function createCredentials({ acme, server, terminal }: World): Promise<Credentials> {
  terminal.step('Create three credentials of tenant acme')
  const keyText = `key-${randomBytes(24).toString('base64url')}`
  const { secret: clientSecret, id: clientId } = server.clients.basic
  const registration = {
    server: { issuer: server.issuer },
    client: { authentication: 'client_secret_basic', id: clientId, secret: clientSecret },
  } as const

  const key = await acme.createCredential(
    apiKey,
    { key: keyText, placement: { in: 'header', name: 'X-API-Key' } },
    { name: 'Weather' },
  )
  terminal.did(`an API key: ${key}`)

  const service = await acme.createCredential(
    oauth2ClientCredentials,
    { ...registration, scope: 'reports.read' },
    { name: 'Nightly reports' },
  )
  terminal.did(`a client-credentials grant: ${service}`)

  const consent = await server.issueGrant({ accountId: 'ada' })
  const grant = await acme.createCredential(
    oauth2RefreshToken,
    { ...registration, ...tokensOf(consent) },
    { name: "Ada's reports" },
  )
  terminal.did(`a refresh token that exists already, of the account ada: ${grant}`)

  const { credentials } = await acme.list()
  expect(credentials.length === 3, `The list of acme has ${credentials.length} credentials instead of 3.`)
  terminal.saw(`the list of acme: ${credentials.map(each => `${each.name} (${each.lifecycle})`).join(', ')}`)
  const secrets = {
    'API key': keyText,
    'client secret': clientSecret,
    'first access token': consent.accessToken,
    'first refresh token': consent.refreshToken,
  }
  return { key, service, grant, secrets }
}

function tokensOf({
  accessToken,
  refreshToken,
  expiresAt,
}: Awaited<ReturnType<World['server']['issueGrant']>>) {
  return { accessToken, refreshToken, expiresAt }
}
