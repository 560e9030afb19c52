import { describeCredentialType } from '@nebula-credential/testing'
import { startAuthorizationServer } from 'authorization-server'
import { afterAll } from 'vitest'
import { loopbackFetch } from '../test/environment.ts'
import { oauth2Connection, oauth2DpopConnection } from './connection/oauth2-connection.ts'
import { oauth2ClientCredentials } from './credential/oauth2-client-credentials.ts'
import { oauth2JwtBearer } from './credential/oauth2-jwt-bearer.ts'
import { oauth2RefreshToken } from './credential/oauth2-refresh-token.ts'
import { oauth2TokenExchange } from './credential/oauth2-token-exchange.ts'

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

const { keyJwt } = server.clients
const assertion = { privateKey: keyJwt.privateKey, issuer: keyJwt.id, subject: 'ada' }
describeCredentialType(oauth2JwtBearer, {
  input: {
    server: registration.server,
    client: { authentication: 'private_key_jwt', ...keyJwt },
    assertion,
    scope: 'reports.read',
  },
  sentinels: [keyJwt.privateKey, keyJwt.privateKey.split('\n')[1] ?? ''],
  fetch: loopbackFetch(),
  invalidInputs: {
    'no assertion': registration,
    'an assertion without a key': { ...registration, assertion: { issuer: 'x', subject: 'ada' } },
    'a claim that is ours to make': {
      ...registration,
      assertion: { ...assertion, claims: { sub: keyJwt.privateKey } },
    },
  },
})

const handedIn = await server.issueGrant()
describeCredentialType(oauth2TokenExchange, {
  input: {
    ...registration,
    subject: { token: handedIn.accessToken },
    actor: { token: handedIn.accessToken },
  },
  sentinels: [secret, handedIn.accessToken],
  fetch: loopbackFetch(),
  invalidInputs: {
    ...invalidRegistrations,
    'no token to exchange': registration,
    'a type that is no identifier': { ...registration, subject: { token: accessToken, type: 'jwt' } },
  },
})

const connection = {
  input: { ...registration, redirectUri: 'https://app.example/callback', scope: 'openid' },
  sentinels: [secret],
  fetch: loopbackFetch(),
  invalidInputs: {
    ...invalidRegistrations,
    'a redirect URI with a query': { ...registration, redirectUri: `https://app.example/?${secret}` },
    'a grant that there is not': { ...registration, grant: secret },
  },
}
describeCredentialType(oauth2Connection, connection)
describeCredentialType(oauth2DpopConnection, connection)

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
