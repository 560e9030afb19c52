import { type CredentialEnvironment, ProviderFailure } from '@nebula-credential/core'
import { lifetimeWithoutExpiry } from '../flow/completed-oauth2-flow.ts'
import type { Dialect } from '../token-endpoint/dialect.ts'
import { TokenEndpoint } from '../token-endpoint/token-endpoint.ts'
import { mergeTokens } from '../token-endpoint/token-set.ts'
import type { ConnectionState } from './connection-state.ts'

/** How a connection is refreshed: for all that was granted, RFC 6749 section 6. */
export function refreshConnection(dialect: Dialect | undefined) {
  return async (state: ConnectionState, environment: CredentialEnvironment): Promise<ConnectionState> => {
    const { tokens, dpopKey, resource, parameters } = state
    const { refreshToken } = tokens
    if (refreshToken === undefined) throw new ProviderFailure('terminal', 'there is no refresh token')
    const endpoint = await TokenEndpoint.open(state, environment, { dialect, dpopKey })
    const response = await endpoint.refresh(refreshToken.expose(), { resource, parameters })
    const details = response.body && dialect?.details?.(response.body, endpoint.url)
    return {
      ...state,
      tokenEndpoint: endpoint.url,
      ...(details !== undefined && { details: { ...state.details, ...details } }),
      tokens: mergeTokens(tokens, response, {
        startedAt: environment.startedAt,
        lifetimeMs: lifetimeWithoutExpiry({ dialect, assumedLifetimeMs: state.assumedLifetimeMs }),
      }),
    }
  }
}
