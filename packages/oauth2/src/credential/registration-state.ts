import {
  type BearerToken,
  type CredentialEnvironment,
  ProviderFailure,
  type Verification,
} from '@nebula-credential/core'
import { z } from 'zod'
import { authorizationServer, oauthClient, requestedAccess } from '../token-endpoint/authorization-server.ts'
import { peerOf, TokenEndpoint } from '../token-endpoint/token-endpoint.ts'
import { tokenSet } from '../token-endpoint/token-set.ts'

/** What every OAuth credential type takes: the server, our client there, and what to ask for. */
export const registrationInput = z.strictObject({
  server: authorizationServer,
  client: oauthClient,
  ...requestedAccess.shape,
  /** The lifetime of access tokens where the server names none, in ms. Default 1 h. */
  assumedLifetimeMs: z.number().int().positive().optional(),
})

/** What every OAuth credential type keeps. */
export const grantState = z.object({
  ...registrationInput.shape,
  /** The one last used. */
  tokenEndpoint: z.string(),
  tokens: tokenSet,
})
export type GrantState = z.output<typeof grantState>

export function grantPeer({ tokenEndpoint, client }: GrantState): string {
  return peerOf(tokenEndpoint, client)
}

/**
 * What the authorization server says about a token, RFC 7662; nothing where it has no introspection endpoint.
 * @throws ProviderFailure terminal when it says that the token is not active
 */
export async function verifyGrant(
  token: BearerToken,
  environment: CredentialEnvironment,
  state: GrantState,
): Promise<Verification> {
  const endpoint = await TokenEndpoint.open(state, environment)
  const about = await endpoint.introspect(token.value.expose())
  if (about === undefined) return {}
  if (!about.active) {
    throw new ProviderFailure('terminal', 'the authorization server says that the token is not active')
  }
  const { sub, username, scope } = about
  return {
    ...(sub !== undefined && { account: { id: sub, label: username ?? sub } }),
    ...(scope !== undefined && { granted: scope.split(' ') }),
  }
}

/**
 * Gives the tokens up at the authorization server, RFC 7009; does nothing where it has no revocation endpoint.
 * The refresh token goes first: a server that ends the grant with it ends the access token too.
 */
export async function revokeGrant(state: GrantState, environment: CredentialEnvironment): Promise<void> {
  const endpoint = await TokenEndpoint.open(state, environment)
  const { refreshToken, accessToken } = state.tokens
  if (refreshToken !== undefined) await endpoint.revoke(refreshToken.expose(), 'refresh_token')
  await endpoint.revoke(accessToken.expose(), 'access_token').catch(error => {
    // A server may revoke refresh tokens only, RFC 7009 section 2.2.1; access tokens then end by themselves.
    if (!(error instanceof ProviderFailure) || error.kind !== 'config' || refreshToken === undefined)
      throw error
  })
}
