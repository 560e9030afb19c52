import { type CredentialEnvironment, CredentialError, ProviderFailure } from '@nebula-credential/core'
import { type Registration, TokenEndpoint } from '../token-endpoint/token-endpoint.ts'
import type { TokenSet } from '../token-endpoint/token-set.ts'

/**
 * Gives the tokens up at the authorization server, RFC 7009.
 * The refresh token goes first: a server that ends the grant with it ends the access token too.
 *
 * @throws ProviderFailure; CredentialError NOT_SUPPORTED where the server has no revocation endpoint
 */
export async function revokeGrant(
  state: Registration & { readonly tokens: TokenSet },
  environment: CredentialEnvironment,
): Promise<void> {
  const endpoint = await TokenEndpoint.open(state, environment)
  if (endpoint.metadata.revocation_endpoint === undefined) {
    throw new CredentialError(
      'NOT_SUPPORTED',
      'The authorization server has no revocation endpoint: end the grant in its own settings',
    )
  }
  const { refreshToken, accessToken } = state.tokens
  if (refreshToken !== undefined) await endpoint.revoke(refreshToken.expose(), 'refresh_token')
  await endpoint.revoke(accessToken.expose(), 'access_token').catch(error => {
    // A server may revoke refresh tokens only, RFC 7009 section 2.2.1; access tokens then end by themselves.
    if (!(error instanceof ProviderFailure) || error.kind !== 'config' || refreshToken === undefined)
      throw error
  })
}
