import { CredentialError } from '../errors.ts'

/** The status a record stores. */
export const storedStatuses = [
  'uninitialized',
  'pending',
  'authenticating',
  'active',
  'revoked',
  'failed',
] as const
export type StoredStatus = (typeof storedStatuses)[number]

/** A rotation under way. */
export interface Rotation {
  readonly phase: 'scheduled' | 'rotating' | 'grace'
  /** When a scheduled rotation starts, in epoch ms. */
  readonly notBefore?: number | undefined
  /** Until when the old secret is valid beside the new one, in epoch ms. */
  readonly graceUntil?: number | undefined
}

/** The eleven lifecycle states that people see. */
export type LifecycleState =
  | 'Uninitialized'
  | 'PendingInteraction'
  | 'Authenticating'
  | 'Active'
  | 'Expired'
  | 'Refreshing'
  | 'RotationScheduled'
  | 'Rotating'
  | 'GracePeriod'
  | 'Revoked'
  | 'Failed'

/** The parts of a record that its lifecycle state is derived from. */
export interface LifecycleParts {
  readonly status: StoredStatus
  readonly intent?: { readonly notAfter: number } | undefined
  readonly rotation?: Rotation | undefined
  readonly expiresAt?: number | undefined
}

/** The lifecycle state of a record at an instant (epoch ms): derived, never stored. */
export function lifecycle(record: LifecycleParts, now: number): LifecycleState {
  switch (record.status) {
    case 'uninitialized':
      return 'Uninitialized'
    case 'pending':
      return 'PendingInteraction'
    case 'authenticating':
      return 'Authenticating'
    case 'revoked':
      return 'Revoked'
    case 'failed':
      return 'Failed'
    case 'active':
      return activeState(record, now)
  }
}

function activeState(record: LifecycleParts, now: number): LifecycleState {
  if (record.rotation?.phase === 'rotating') return 'Rotating'
  if (record.rotation?.phase === 'grace' && now < (record.rotation.graceUntil ?? 0)) return 'GracePeriod'
  if (record.intent !== undefined && now < record.intent.notAfter) return 'Refreshing'
  if (record.expiresAt !== undefined && now >= record.expiresAt) return 'Expired'
  return record.rotation?.phase === 'scheduled' ? 'RotationScheduled' : 'Active'
}

// Revoked is final; every other status can be revoked; a failed credential can be reconnected.
const transitions: Record<StoredStatus, readonly StoredStatus[]> = {
  uninitialized: ['pending', 'authenticating', 'active', 'failed', 'revoked'],
  pending: ['authenticating', 'active', 'failed', 'revoked'],
  authenticating: ['pending', 'active', 'failed', 'revoked'],
  active: ['active', 'authenticating', 'failed', 'revoked'],
  failed: ['pending', 'authenticating', 'active', 'revoked'],
  revoked: [],
}

export function canTransition(from: StoredStatus, to: StoredStatus): boolean {
  return transitions[from].includes(to)
}

/** @throws CredentialError ILLEGAL_TRANSITION */
export function assertTransition(from: StoredStatus, to: StoredStatus, credentialId: string): void {
  if (canTransition(from, to)) return
  throw new CredentialError(
    'ILLEGAL_TRANSITION',
    `Credential ${credentialId} is ${from} and cannot become ${to}`,
    {
      credentialId,
    },
  )
}
