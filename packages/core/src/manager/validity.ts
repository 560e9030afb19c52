import type { AccessToken } from '../credential/token-kind.ts'
import type { RefreshPolicy } from './refresh-policy.ts'

type Lifetime = Pick<AccessToken, 'expiresAt' | 'obtainedAt' | 'refreshAt'>

/** How long a token must still be valid to be handed out when the caller does not say. */
export function defaultMinValidity(token: Lifetime, policy: RefreshPolicy): number {
  const lifetime = lifetimeOf(token)
  return lifetime === undefined
    ? policy.minValidityMs
    : Math.min(policy.minValidityMs, lifetime * policy.minValidityShare)
}

/**
 * Until when a token may be handed out, in epoch ms. A caller cannot ask for more validity than `dueShare` of the
 * token's lifetime, because no refresh could satisfy it.
 */
export function usableUntil(token: Lifetime, policy: RefreshPolicy, minValidityMs?: number): number {
  if (token.expiresAt === undefined) return Number.POSITIVE_INFINITY
  if (minValidityMs === undefined) return token.expiresAt - defaultMinValidity(token, policy)
  const lifetime = lifetimeOf(token) ?? Number.POSITIVE_INFINITY
  return token.expiresAt - Math.min(minValidityMs, lifetime * policy.dueShare)
}

/** When a token just obtained is due for its refresh, in epoch ms. The provider's own hint wins. */
export function dueAt(token: Lifetime, policy: RefreshPolicy): number | undefined {
  if (token.refreshAt !== undefined) return token.refreshAt
  const lifetime = lifetimeOf(token)
  if (token.expiresAt === undefined || lifetime === undefined) return token.expiresAt
  const jitter = Math.random() * policy.dueJitterMs
  const early = token.expiresAt - lifetime * (1 - policy.dueShare) + jitter
  return Math.floor(Math.min(early, token.expiresAt - 2 * defaultMinValidity(token, policy)))
}

function lifetimeOf(token: Lifetime): number | undefined {
  if (token.expiresAt === undefined || token.obtainedAt === undefined) return undefined
  return Math.max(0, token.expiresAt - token.obtainedAt)
}
