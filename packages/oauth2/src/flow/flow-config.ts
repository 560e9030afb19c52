import type { RequestedAccess } from '../token-endpoint/authorization-server.ts'
import type { Dialect } from '../token-endpoint/dialect.ts'
import type { Registration } from '../token-endpoint/token-endpoint.ts'
import type { AccountSource } from './account.ts'

/** What a person is asked to consent to, and where. */
export interface FlowConfig extends Registration, RequestedAccess {
  /** Where the authorization server sends the browser back to; without a query. Not needed for a device flow. */
  readonly redirectUri?: string | undefined
  /** Further parameters of the authorization request. */
  readonly authorizationParameters?: Readonly<Record<string, string>> | undefined
  /** Binds the tokens to a key of their own, RFC 9449. Default false. */
  readonly dpop?: boolean | undefined
  /** How the provider departs from the standards. */
  readonly dialect?: Dialect | undefined
  /** Where it says whose account it is. Default OpenID Connect, where the scope has `openid`. */
  readonly account?: AccountSource | undefined
  /** The lifetime of access tokens where the server names none, in ms. Default 1 h. */
  readonly assumedLifetimeMs?: number | undefined
}

export function isOpenId({ scope }: Pick<FlowConfig, 'scope'>): boolean {
  return scope?.split(' ').includes('openid') ?? false
}

/** Whether the server's name is known, so that what it signs and what names it can be checked. */
export function hasIssuer({ server }: Pick<FlowConfig, 'server'>): boolean {
  return server.issuer !== undefined
}

/** Where it is to be learned whose account a grant is for. */
export function accountSource({
  account,
  scope,
}: Pick<FlowConfig, 'account' | 'scope'>): AccountSource | undefined {
  return account ?? (isOpenId({ scope }) ? { from: 'openid' } : undefined)
}
