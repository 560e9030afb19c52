import { CredentialError, ProviderFailure } from '@nebula-credential/core'
import { errorCode, printableCause } from './printable-cause.ts'

/**
 * The failure that an error of any `fetch` stands for; never throws.
 *
 * No connection: transient, and the peer is down. Anything else, a time-out and an abort among them: unknown, because
 * the request may have been carried out. What `guardedFetch` throws comes back unchanged.
 */
export function failureFromError(error: unknown): ProviderFailure | CredentialError {
  if (error instanceof ProviderFailure || error instanceof CredentialError) return error
  const reason = error instanceof TypeError && error.cause !== undefined ? error.cause : error
  if (reason instanceof ProviderFailure || reason instanceof CredentialError) return reason
  const cause = printableCause(reason)
  return isBeforeSending(reason)
    ? new ProviderFailure('transient', 'No connection to the service', { cause, peerDown: true })
    : new ProviderFailure('unknown', "The service's answer did not arrive", { cause })
}

function isBeforeSending(error: unknown): boolean {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isBeforeSending)
  if (errorCode(error) === 'UND_ERR_CONNECT_TIMEOUT') return true
  const syscall = error instanceof Error && 'syscall' in error ? error.syscall : undefined
  return syscall === 'connect' || syscall === 'getaddrinfo'
}
