import type { AccessToken, CredentialEnvironment, Secret, Verification } from '@nebula-credential/core'
import { introspectGrant } from '../credential/verify-grant.ts'
import { type AccountSource, askAccount } from '../flow/account.ts'
import { accountSource } from '../flow/flow-config.ts'
import type { Dialect } from '../token-endpoint/dialect.ts'
import { TokenEndpoint } from '../token-endpoint/token-endpoint.ts'
import type { ConnectionState } from './connection-state.ts'

/**
 * What the provider says about a connection's token: whose account it is, by its own endpoint or userinfo, else by
 * introspection (RFC 7662).
 */
export function verifyConnection<Token extends AccessToken & { readonly value: Secret }>(given: {
  readonly dialect: Dialect | undefined
  readonly account: AccountSource | undefined
}) {
  return async (
    token: Token,
    environment: CredentialEnvironment,
    state: ConnectionState,
  ): Promise<Verification> => {
    const { dpopKey, tokens, asked } = state
    const { dialect } = given
    const endpoint = await TokenEndpoint.open(state, environment, { dialect, dpopKey })
    const source = accountSource({ account: given.account, scope: asked })
    const account = source && (await askAccount(source, { endpoint, accessToken: token.value, environment }))
    const granted = tokens.scope?.split(' ')
    if (account !== undefined) return { account, ...(granted && { granted }) }
    return introspectGrant(endpoint, token.value)
  }
}
