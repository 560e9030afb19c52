import {
  bearerToken,
  type CredentialEnvironment,
  defineCredential,
  ProviderFailure,
  secret,
} from '@nebula-credential/core'
import { z } from 'zod'
import { TokenEndpoint } from '../token-endpoint/token-endpoint.ts'
import { assumedLifetimeMs, bearerOf, mergeTokens } from '../token-endpoint/token-set.ts'
import { type GrantState, grantPeer, grantState, registrationInput } from './grant-state.ts'
import { revokeGrant } from './revoke-grant.ts'
import { verifyGrant } from './verify-grant.ts'

const tokensInput = z.strictObject({
  ...registrationInput.shape,
  accessToken: secret(),
  refreshToken: secret(),
  /** When the access token ends, in epoch ms. Default: taken to have ended, so that the first use refreshes it. */
  expiresAt: z.number().int().nonnegative().optional(),
  idToken: secret().optional(),
})

/**
 * Tokens that exist already, such as those of another system: RFC 6749 section 6. Creating one uses no token, so a
 * refresh token that may be used only once is not lost should the creation fail; it reads the issuer's metadata.
 *
 * @example
 * await manager.createCredential(oauth2RefreshToken, {
 *   server: { tokenEndpoint: 'https://login.example.com/token' },
 *   client: { authentication: 'client_secret_post', id: 'workflows', secret },
 *   accessToken, refreshToken, expiresAt,
 * })
 */
export const oauth2RefreshToken = defineCredential({
  type: 'oauth2_refresh_token',
  input: tokensInput,
  state: grantState,
  token: bearerToken,
  initialize: importTokens,
  access: state => bearerOf(state.tokens),
  refresh: {
    rotating: true,
    supported: state => state.tokens.refreshToken !== undefined,
    peer: grantPeer,
    perform: refreshTokens,
  },
  verify: verifyGrant,
  revoke: revokeGrant,
})

async function importTokens(
  { accessToken, refreshToken, expiresAt, idToken, ...registration }: z.output<typeof tokensInput>,
  environment: CredentialEnvironment,
): Promise<GrantState> {
  const endpoint = await TokenEndpoint.open(registration, environment)
  const { startedAt } = environment
  return {
    ...registration,
    tokenEndpoint: endpoint.url,
    tokens: {
      accessToken,
      refreshToken,
      idToken,
      scope: registration.scope,
      obtainedAt: startedAt,
      expiresAt: expiresAt ?? startedAt,
    },
  }
}

async function refreshTokens(state: GrantState, environment: CredentialEnvironment): Promise<GrantState> {
  const { refreshToken } = state.tokens
  if (refreshToken === undefined) throw new ProviderFailure('terminal', 'there is no refresh token')
  const endpoint = await TokenEndpoint.open(state, environment)
  const response = await endpoint.refresh(refreshToken.expose(), state)
  const tokens = mergeTokens(state.tokens, response, {
    startedAt: environment.startedAt,
    lifetimeMs: state.assumedLifetimeMs ?? assumedLifetimeMs,
  })
  return { ...state, tokenEndpoint: endpoint.url, tokens }
}
