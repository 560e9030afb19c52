import { bearerToken, type CredentialEnvironment, defineCredential } from '@nebula-credential/core'
import { z } from 'zod'
import { oauthClient } from '../token-endpoint/oauth-client.ts'
import { TokenEndpoint } from '../token-endpoint/token-endpoint.ts'
import { bearerOf, repeatedTokens, type TokenSet, tokenSet } from '../token-endpoint/token-set.ts'
import { grantPeer, registrationInput } from './grant-state.ts'
import { revokeGrant } from './revoke-grant.ts'
import { assertionTerms, signedAssertion } from './signed-assertion.ts'
import { verifyGrant } from './verify-grant.ts'

const jwtBearerInput = z.strictObject({
  ...registrationInput.shape,
  /** Our client, where the server wants one besides the assertion. */
  client: oauthClient.optional(),
  assertion: assertionTerms,
})

const jwtBearerState = z.object({
  ...jwtBearerInput.shape,
  /** The one last used. */
  tokenEndpoint: z.string(),
  tokens: tokenSet,
})
type JwtBearerState = z.output<typeof jwtBearerState>

const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/**
 * Tokens for a subject that we vouch for by an assertion of our own, RFC 7523 section 2.1: a service account with a key,
 * or an account that it stands in for. Each token is asked for with a new assertion, so there is nothing to lose in a
 * refresh. Creating one fetches the first token.
 *
 * @example
 * await manager.createCredential(oauth2JwtBearer, {
 *   server: { tokenEndpoint: 'https://login.example.com/token' },
 *   assertion: { privateKey, issuer: 'reports@project.example.com', subject: 'ada@example.com' },
 *   scope: 'reports.read',
 * })
 */
export const oauth2JwtBearer = defineCredential({
  type: 'oauth2_jwt_bearer',
  input: jwtBearerInput,
  state: jwtBearerState,
  token: bearerToken,
  initialize: (input, environment) => fetchTokens(input, undefined, environment),
  access: state => bearerOf(state.tokens),
  refresh: {
    rotating: false,
    peer: ({ tokenEndpoint, client, assertion }: JwtBearerState) =>
      grantPeer({ tokenEndpoint, client: client ?? { id: assertion.issuer } }),
    perform: (state, environment) => fetchTokens(state, state.tokens, environment),
  },
  verify: verifyGrant,
  revoke: revokeGrant,
})

async function fetchTokens(
  given: z.output<typeof jwtBearerInput>,
  previous: TokenSet | undefined,
  environment: CredentialEnvironment,
): Promise<JwtBearerState> {
  const endpoint = await TokenEndpoint.open(given, environment)
  const { startedAt } = environment
  const assertion = await signedAssertion(given.assertion, { tokenEndpoint: endpoint.url, startedAt })
  const response = await endpoint.grant(grantType, { assertion }, given)
  const tokens = repeatedTokens(previous, response, { ...given, startedAt })
  return { ...given, tokenEndpoint: endpoint.url, tokens }
}
