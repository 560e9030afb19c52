import { CredentialError } from '../errors.ts'

/** Every number that governs tokens, refreshes and caches. Durations are in milliseconds. */
export interface RefreshPolicy {
  /** How long a token must still be valid to be handed out. Default 30,000. */
  readonly minValidityMs: number
  /** The same as a part of the token's lifetime; the smaller of the two counts. Default 0.1. */
  readonly minValidityShare: number
  /** A token is due for a refresh after this part of its lifetime. Default 0.8. */
  readonly dueShare: number
  /** Random delay added to the due time, so that tokens obtained together are not refreshed together. Default 5,000. */
  readonly dueJitterMs: number

  /** How long a caller waits for a provider. Default 15,000. */
  readonly callerWaitMs: number
  /** How long a token request of a rotating grant may run, also when its callers have given up. Default 60,000. */
  readonly rotatingRequestMs: number
  /** How long others wait beyond `rotatingRequestMs` for the result to be saved. Default 5,000. */
  readonly intentMarginMs: number
  /** How often a foreign intent is looked at again. Default 100. */
  readonly intentPollMs: number
  /** How long to wait for the lock. Default 10,000. */
  readonly lockWaitMs: number

  /** Further tries within one call after a transient failure. Default 2. */
  readonly retriesInCall: number
  /** Pause before the first further try; doubles. Default 200. */
  readonly retryPauseMs: number
  /** Rest after a transient failure; doubles with each failure in a row. Default 1,000. */
  readonly coolOffMs: number
  /** Longest rest after transient failures. Default 900,000. */
  readonly coolOffMaxMs: number
  /** Rest after a failure that the operator must mend. Default 300,000. */
  readonly configCoolOffMs: number
  /** Longest Retry-After that is honoured. Default 3,600,000. */
  readonly retryAfterMaxMs: number
  /** How long a process remembers that a credential is resting. Default 60,000. */
  readonly negativeTtlMs: number

  /** Peer failures in a row, over at least `breakerCredentials` credentials, that open the circuit breaker. Default 5. */
  readonly breakerFailures: number
  /** How many credentials must have failed for the circuit breaker to open. Default 2. */
  readonly breakerCredentials: number
  /** How long the breaker stays open before one request may try. Default 30,000. */
  readonly breakerOpenMs: number

  /** How long a person may take to complete a connection, unless the provider says. Default 600,000. */
  readonly flowLifetimeMs: number

  /** A token refused this soon after it was obtained is replication lag, and is not replaced. Default 5,000. */
  readonly replicationLagMs: number
  /** How long a token stands in this process before the store is asked again. Default 10,000. */
  readonly l1TtlMs: number
  /** How many tokens stand in this process. Default 10,000. */
  readonly l1MaxEntries: number
  /** How long a sealed token stands in the shared cache. Default 300,000. */
  readonly l2TtlMs: number
  /** How often counted reads are written to the audit. Default 10,000. */
  readonly auditFlushMs: number
  /** How often anchors are written. Default 300,000. */
  readonly anchorMs: number
}

export const defaultRefreshPolicy: RefreshPolicy = Object.freeze({
  minValidityMs: 30_000,
  minValidityShare: 0.1,
  dueShare: 0.8,
  dueJitterMs: 5_000,
  callerWaitMs: 15_000,
  rotatingRequestMs: 60_000,
  intentMarginMs: 5_000,
  intentPollMs: 100,
  lockWaitMs: 10_000,
  retriesInCall: 2,
  retryPauseMs: 200,
  coolOffMs: 1_000,
  coolOffMaxMs: 900_000,
  configCoolOffMs: 300_000,
  retryAfterMaxMs: 3_600_000,
  negativeTtlMs: 60_000,
  breakerFailures: 5,
  breakerCredentials: 2,
  breakerOpenMs: 30_000,
  flowLifetimeMs: 600_000,
  replicationLagMs: 5_000,
  l1TtlMs: 10_000,
  l1MaxEntries: 10_000,
  l2TtlMs: 300_000,
  auditFlushMs: 10_000,
  anchorMs: 300_000,
})

/** The defaults with some numbers changed. @throws CredentialError CONFIG_INVALID */
export function refreshPolicy(changes: Partial<RefreshPolicy>): RefreshPolicy {
  for (const [name, value] of Object.entries(changes)) {
    if (!(name in defaultRefreshPolicy)) {
      throw new CredentialError('CONFIG_INVALID', `The refresh policy has no "${name}"`)
    }
    if (typeof value !== 'number' || !(value >= 0)) {
      throw new CredentialError(
        'CONFIG_INVALID',
        `"${name}" of the refresh policy must be a number of 0 or more`,
      )
    }
  }
  return Object.freeze({ ...defaultRefreshPolicy, ...changes })
}
