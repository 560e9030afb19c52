import type { ProviderFailure } from '../../credential/provider-failure.ts'
import { CredentialError, type ErrorCode } from '../../errors.ts'
import type { CoolOff, FailureKind } from '../../record/cool-off.ts'
import type { RefreshPolicy } from '../refresh-policy.ts'

/** How long a credential rests after a failed refresh, given how it rested before. */
export function nextCoolOff(
  previous: CoolOff | undefined,
  failure: ProviderFailure,
  policy: RefreshPolicy,
  now: number,
): CoolOff {
  const attempts = (previous?.attempts ?? 0) + 1
  const asked = Math.min(failure.retryAt ?? 0, now + policy.retryAfterMaxMs)
  return {
    kind: failure.kind,
    attempts,
    retryAt: Math.max(asked, now + restMs(failure.kind, attempts, policy)),
  }
}

function restMs(kind: FailureKind, attempts: number, policy: RefreshPolicy): number {
  if (kind === 'terminal') return 0
  if (kind === 'config') return policy.configCoolOffMs
  const doubled = Math.min(policy.coolOffMs * 2 ** (attempts - 1), policy.coolOffMaxMs)
  return Math.floor(doubled * (0.75 + Math.random() * 0.25))
}

const codes: Record<FailureKind, ErrorCode> = {
  terminal: 'REAUTHORIZATION_REQUIRED',
  config: 'PROVIDER_REJECTED',
  transient: 'PROVIDER_UNAVAILABLE',
  unknown: 'PROVIDER_UNAVAILABLE',
  contention: 'LOCK_TIMEOUT',
  storage: 'STORAGE_UNAVAILABLE',
}

const advice: Record<FailureKind, string> = {
  terminal: 'its owner must connect it again',
  config: 'check the client that is registered with the provider',
  transient: 'try again later',
  unknown: 'try again later',
  contention: 'try again',
  storage: 'try again when the store is back',
}

/** The error of a call whose refresh failed. */
export function refreshError(id: string, failure: ProviderFailure, coolOff?: CoolOff): CredentialError {
  return new CredentialError(
    codes[failure.kind],
    `Credential ${id} could not be refreshed (${failure.message}); ${advice[failure.kind]}`,
    { cause: failure, credentialId: id, retryAt: failure.kind === 'terminal' ? undefined : coolOff?.retryAt },
  )
}

/** The error of a call that did not try, because the credential rests after a failure. */
export function coolingDown(id: string, coolOff: CoolOff): CredentialError {
  const code = coolOff.kind === 'config' ? 'PROVIDER_REJECTED' : 'COOLING_DOWN'
  return new CredentialError(
    code,
    `Credential ${id} rests after a failed refresh (${coolOff.kind}); ${advice[coolOff.kind]}`,
    { credentialId: id, retryAt: coolOff.retryAt },
  )
}
