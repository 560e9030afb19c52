import {
  type BearerToken,
  type CredentialEnvironment,
  ProviderFailure,
  type Secret,
  type Verification,
} from '@nebula-credential/core'
import { type Registration, TokenEndpoint } from '../token-endpoint/token-endpoint.ts'

/**
 * What the authorization server says about a token, RFC 7662. Nothing where it has no introspection endpoint, or does
 * not let this client use it: that says nothing about the token.
 *
 * @throws ProviderFailure terminal when the server says that the token is not active
 */
export async function verifyGrant(
  token: BearerToken,
  environment: CredentialEnvironment,
  state: Registration,
): Promise<Verification> {
  return introspectGrant(await TokenEndpoint.open(state, environment), token.value)
}

/** As {@link verifyGrant}, for any token. */
export async function introspectGrant(endpoint: TokenEndpoint, token: Secret): Promise<Verification> {
  const about = await endpoint.introspect(token.expose()).catch(unlessRefused)
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

function unlessRefused(error: unknown): undefined {
  if (!(error instanceof ProviderFailure) || error.kind !== 'config') throw error
}
