import { bearerToken, type CredentialEnvironment, defineCredential } from '@nebula-credential/core'
import type { z } from 'zod'
import { TokenEndpoint } from '../token-endpoint/token-endpoint.ts'
import { bearerOf, repeatedTokens, type TokenSet } from '../token-endpoint/token-set.ts'
import { type GrantState, grantPeer, grantState, registrationInput } from './grant-state.ts'
import { revokeGrant } from './revoke-grant.ts'
import { verifyGrant } from './verify-grant.ts'

type Registered = z.output<typeof registrationInput>

/**
 * A service account: tokens for the client itself, RFC 6749 section 4.4. Creating one fetches the first token, so that
 * a wrong client secret is refused there and then.
 *
 * @example
 * await manager.createCredential(oauth2ClientCredentials, {
 *   server: { issuer: 'https://login.example.com' },
 *   client: { authentication: 'client_secret_basic', id: 'reports', secret },
 *   scope: 'reports.read',
 * })
 */
export const oauth2ClientCredentials = defineCredential({
  type: 'oauth2_client_credentials',
  input: registrationInput,
  state: grantState,
  token: bearerToken,
  initialize: (input, environment) => fetchTokens(input, undefined, environment),
  access: state => bearerOf(state.tokens),
  refresh: {
    rotating: false,
    peer: grantPeer,
    perform: (state, environment) => fetchTokens(state, state.tokens, environment),
  },
  verify: verifyGrant,
  revoke: revokeGrant,
})

async function fetchTokens(
  given: Registered,
  previous: TokenSet | undefined,
  environment: CredentialEnvironment,
): Promise<GrantState> {
  const endpoint = await TokenEndpoint.open(given, environment)
  const response = await endpoint.clientCredentials(given)
  const tokens = repeatedTokens(previous, response, { ...given, startedAt: environment.startedAt })
  return { ...given, tokenEndpoint: endpoint.url, tokens }
}
