import type { Scope } from '../record/scope.ts'

/** What was done. */
export type AuditAction =
  | 'credential.create'
  | 'credential.read'
  | 'credential.describe'
  | 'credential.list'
  | 'credential.update'
  | 'credential.refresh'
  | 'credential.verify'
  | 'credential.rotate'
  | 'credential.revoke'
  | 'credential.delete'
  | 'credential.use'
  | 'flow.begin'
  | 'flow.resume'
  | 'grant_at_risk'
  | 'audit.lost'
  | 'audit.anchor'
  | 'operator.list'
  | 'operator.read_audit'
  | 'operator.verify_audit'
  | 'operator.rekey'
  | 'operator.maintain'

/**
 * `success`; `failure`, with the error's code; `denied`, the context was outside the credential's scope;
 * `violation`, what the store returned was not what was written; `dropped`, a result that came too late.
 */
export type AuditOutcome = 'success' | 'failure' | 'denied' | 'violation' | 'dropped'

/** One operation: who did what to which credential, and how it ended. Never carries a secret. */
export interface AuditEvent {
  /** Epoch ms. */
  readonly at: number
  readonly action: AuditAction
  readonly outcome: AuditOutcome
  readonly tenantId: string
  readonly actor: string
  /** The asking context's workflow, user and tags. */
  readonly context?: Omit<Scope, 'tenantId'> | undefined
  readonly credentialId?: string | undefined
  readonly credentialType?: string | undefined
  readonly generation?: number | undefined
  /** The error's code, where the operation failed. */
  readonly code?: string | undefined
  /** A word on why, from a closed set per action. */
  readonly reason?: string | undefined
  /** The action that a credential was used by. */
  readonly usedBy?: string | undefined
  /** How many like operations this event counts. Default 1. */
  readonly count?: number | undefined
}
