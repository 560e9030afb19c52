import { describeCredentialType } from '@nebula-credential/testing'
import { startAuthorizationServer } from 'authorization-server'
import { afterAll } from 'vitest'
import { loopbackFetch } from '../test/environment.ts'
import { oauth2ClientCredentials } from './credential/oauth2-client-credentials.ts'
import { oauth2RefreshToken } from './credential/oauth2-refresh-token.ts'

const server = await startAuthorizationServer()
afterAll(() => server.close())

const { accessToken, refreshToken } = await server.issueGrant()
const registration = {
  server: { issuer: server.issuer },
  client: { authentication: 'client_secret_basic', ...server.clients.basic },
} as const
const { secret } = server.clients.basic
const invalidRegistrations = {
  'a server without encryption': { ...registration, server: { issuer: `http://${secret}.example` } },
  'a way to authenticate that there is not': { ...registration, client: { authentication: secret, id: 'x' } },
  'a secret as a parameter': { ...registration, parameters: { client_secret: secret } },
}

describeCredentialType(oauth2ClientCredentials, {
  input: { ...registration, scope: 'reports.read' },
  sentinels: [secret],
  fetch: loopbackFetch(),
  invalidInputs: invalidRegistrations,
})

describeCredentialType(oauth2RefreshToken, {
  input: { ...registration, accessToken, refreshToken },
  sentinels: [secret, accessToken, refreshToken],
  fetch: loopbackFetch(),
  invalidInputs: {
    ...invalidRegistrations,
    'no refresh token': { ...registration, accessToken },
    'an end that is no instant': { ...registration, accessToken, refreshToken, expiresAt: refreshToken },
  },
})
