import type { AnchorSink } from '../audit/anchor-sink.ts'
import type { AuditEvent } from '../audit/audit-event.ts'
import type { AuditKeys } from '../audit/audit-keys.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { AuditSink } from '../audit/audit-sink.ts'
import type { Clock } from '../clock.ts'
import type { CredentialEnvironment } from '../credential/credential.ts'
import type { CredentialRegistry } from '../credential/registry.ts'
import type { AccessToken } from '../credential/token-kind.ts'
import { CredentialError } from '../errors.ts'
import type { CredentialRecord } from '../record/credential-record.ts'
import { credentialKey } from '../record/ids.ts'
import type { Context } from '../record/scope.ts'
import type { DistributedLock } from '../storage/distributed-lock.ts'
import type { Invalidation } from '../storage/invalidation.ts'
import type { Outbox } from '../storage/outbox.ts'
import type { StateStore } from '../storage/state-store.ts'
import type { CachedToken, TokenCache } from '../storage/token-cache.ts'
import type { BackgroundWork } from './background-work.ts'
import type { StateSealer } from './record/state-sealer.ts'
import type { CircuitBreaker } from './refresh/circuit-breaker.ts'
import type { RefreshPolicy } from './refresh-policy.ts'
import type { Flights } from './token/flights.ts'
import type { HotCache } from './token/hot-cache.ts'
import type { Loads } from './token/loads.ts'

/** A context with its actor's name filled in. */
export type BoundContext = Context & { readonly actor: string }

/** What a manager is wired from; the use cases take it as their first argument. */
export interface Runtime {
  readonly store: StateStore
  readonly lock: DistributedLock
  readonly outbox: Outbox
  readonly cache: TokenCache | undefined
  readonly invalidation: Invalidation | undefined
  readonly audit: AuditLog
  readonly auditSink: AuditSink
  /** Set where the store can make a change and audit it in one step. */
  readonly writeAudited: StateStore['writeAudited']
  readonly auditKeys: AuditKeys
  readonly anchors: AnchorSink | undefined
  readonly registry: CredentialRegistry
  readonly sealer: StateSealer
  readonly policy: RefreshPolicy
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch | undefined
  readonly hot: HotCache
  readonly loads: Loads<LoadedEntry, LoadedRecord>
  readonly refreshes: Flights<Derived | undefined>
  readonly breaker: CircuitBreaker
  /** Aborts when the manager closes. */
  readonly closed: AbortSignal
  readonly background: BackgroundWork
  /** Refreshed states that the store has not acknowledged yet, by credential key. */
  readonly unsaved: Map<string, Derived>
  /** Our attempts that never reached the provider although their intent may stand in a record. */
  readonly abandonedAttempts: Set<string>
}

/** A token with the facts about the credential that it was derived from. */
export interface Derived {
  readonly record: CredentialRecord
  readonly token: AccessToken
}

/** A record as it was read, and what it yields once somebody in its scope asked: who shares a load shares that too. */
export interface LoadedRecord {
  readonly record: CredentialRecord
  derived?: Derived | Promise<Derived>
}

/** An entry of the shared cache as it was read, and the token in it, if it opens, once somebody in its scope asked. */
export interface LoadedEntry {
  readonly entry: CachedToken
  token?: Promise<AccessToken | undefined>
}

/** What a credential type may use for work that starts now. */
export function environmentFor(
  runtime: Runtime,
  subject: { readonly tenantId: string; readonly credentialId: string },
  signal: AbortSignal,
): CredentialEnvironment {
  return { ...subject, fetch: runtime.fetch, signal, startedAt: runtime.clock.now() }
}

/** An audit event of a context, with what is known of the credential. */
export function auditEvent(
  runtime: Runtime,
  context: BoundContext,
  event: Pick<AuditEvent, 'action' | 'outcome'> & Partial<AuditEvent>,
  record?: Pick<CredentialRecord, 'id' | 'type' | 'generation'>,
): AuditEvent {
  return { at: runtime.clock.now(), ...describeEvent(context, event, record) }
}

/** An audit event without its instant, as it is counted. */
export function describeEvent(
  context: BoundContext,
  event: Pick<AuditEvent, 'action' | 'outcome'> & Partial<AuditEvent>,
  record?: Pick<CredentialRecord, 'id' | 'type' | 'generation'>,
): Omit<AuditEvent, 'at'> {
  const { workflowId, userId, tags } = context
  const asker = {
    ...(workflowId !== undefined && { workflowId }),
    ...(userId !== undefined && { userId }),
    ...(tags !== undefined && { tags }),
  }
  return {
    tenantId: context.tenantId,
    actor: context.actor,
    ...(Object.keys(asker).length > 0 && { context: asker }),
    ...(record && { credentialId: record.id, credentialType: record.type, generation: record.generation }),
    ...event,
  }
}

/** The one error for "not there" and "not yours": it must not tell them apart. */
export function notFound(id: string): CredentialError {
  return new CredentialError('CREDENTIAL_NOT_FOUND', `No credential ${id} is visible in this scope`, {
    credentialId: id,
  })
}

export function keyOf(record: Pick<CredentialRecord, 'id' | 'scope'>): string {
  return credentialKey(record.scope.tenantId, record.id)
}
