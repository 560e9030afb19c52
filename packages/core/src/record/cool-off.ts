/**
 * Why a refresh failed, which decides how long to wait and who must act.
 *
 * - `terminal`: a person must reconnect (`invalid_grant`).
 * - `config`: an operator must act (`invalid_client`).
 * - `transient`: nobody must act (network, 5xx, 429).
 * - `unknown`: the request was sent and its answer never arrived.
 * - `contention`: somebody else is refreshing.
 * - `storage`: the store refused.
 */
export type FailureKind = 'terminal' | 'config' | 'transient' | 'unknown' | 'contention' | 'storage'

/** How long a credential rests after a failed refresh. Kept in the record, so that all processes share it. */
export interface CoolOff {
  readonly kind: FailureKind
  /** Failed attempts in a row. */
  readonly attempts: number
  /** Epoch ms before which nobody tries again. */
  readonly retryAt: number
}
