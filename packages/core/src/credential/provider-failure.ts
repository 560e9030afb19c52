import type { FailureKind } from '../record/cool-off.ts'

/** The kinds of failure that a provider can cause. */
export type ProviderFailureKind = Extract<FailureKind, 'terminal' | 'config' | 'transient' | 'unknown'>

export interface ProviderFailureOptions {
  readonly cause?: unknown
  /** The earliest instant the provider wants to be asked again, in epoch ms (Retry-After). */
  readonly retryAt?: number | undefined
  /** Whether the peer was down: no connection or a 5xx. Opens the circuit breaker. Default false. */
  readonly peerDown?: boolean | undefined
}

/**
 * What a credential type throws when the provider refuses or cannot be reached. The manager turns it into a
 * CredentialError and a cool-off. The message must carry nothing that the provider sent but registered error codes.
 */
export class ProviderFailure extends Error {
  readonly kind: ProviderFailureKind
  declare readonly retryAt?: number
  readonly peerDown: boolean

  constructor(kind: ProviderFailureKind, message: string, options: ProviderFailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ProviderFailure'
    this.kind = kind
    this.peerDown = options.peerDown ?? false
    if (options.retryAt !== undefined) this.retryAt = options.retryAt
  }
}
