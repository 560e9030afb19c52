import type { AuditAction } from '../../audit/audit-event.ts'
import type { AccessToken } from '../../credential/token-kind.ts'
import type { CredentialError } from '../../errors.ts'
import type { CredentialRecord } from '../../record/credential-record.ts'
import { type BoundContext, type Derived, describeEvent, keyOf, type Runtime } from '../runtime.ts'
import { usableUntil } from '../validity.ts'
import type { HotEntry, HotFields, LoadTicket } from './hot-cache.ts'

/** Keeps a token that is handed out now in this process and in the shared cache, and counts the read. */
export function keepToken(
  runtime: Runtime,
  context: BoundContext,
  derived: Derived,
  ticket?: LoadTicket,
): void {
  const { record, token } = derived
  const isNews = keepHot(runtime, context, record, token, ticket)
  if (runtime.cache !== undefined && isNews && !ticket?.loads.outdated)
    runtime.background.run(() => shareToken(runtime, derived))
}

/**
 * Keeps a token in this process and counts the read. False when the very token stands there already: whoever kept it
 * first, of all who joined one load or refresh, has shared it too.
 */
export function keepHot(
  runtime: Runtime,
  context: BoundContext,
  record: HotFields & { readonly version: number; readonly dueAt?: number | undefined },
  token: AccessToken,
  ticket?: LoadTicket,
): boolean {
  const { hot, clock, policy } = runtime
  const standing = hot.entries.get(record.id)
  const now = clock.now()
  if (standing !== undefined && standing.token === token && now < standing.staleAt) {
    hot.countRead(standing, context)
    return false
  }
  const { id, type, scope, shares, generation } = record
  const staleAt = Math.min((ticket?.beganAt ?? now) + policy.l1TtlMs, usableUntil(token, policy))
  // A token that is past due is served until the entry ends; its refresh goes on behind.
  const dueAt = record.dueAt !== undefined && record.dueAt > now ? record.dueAt : Number.POSITIVE_INFINITY
  const entry: HotEntry = {
    token,
    promise: Promise.resolve(token),
    error: undefined,
    fields: { id, type, scope, shares, generation },
    version: record.version,
    allowed: context,
    freshUntil: Math.min(staleAt, dueAt),
    staleAt,
    dueAt,
    reads: 0,
    queued: false,
    visited: false,
  }
  if (hot.put(entry, ticket)) hot.countRead(entry, context)
  else countRead(runtime, context, record)
  return true
}

/** Remembers that a credential rests, so that callers need not ask the store to learn it. */
export function keepNegative(runtime: Runtime, record: CredentialRecord, error: CredentialError): void {
  if (error.retryAt === undefined) return
  const { hot, clock, policy } = runtime
  const { id, type, scope, shares, generation } = record
  const ttlMs =
    runtime.invalidation === undefined ? Math.min(policy.l1TtlMs, policy.negativeTtlMs) : policy.negativeTtlMs
  hot.put({
    token: undefined,
    promise: undefined,
    error,
    fields: { id, type, scope, shares, generation },
    version: record.version,
    allowed: undefined,
    freshUntil: 0,
    staleAt: Math.min(error.retryAt, clock.now() + ttlMs),
    dueAt: Number.POSITIVE_INFINITY,
    reads: 0,
    queued: false,
    visited: false,
  })
}

/** Counts reads of a token. */
export function countRead(runtime: Runtime, context: BoundContext, fields: HotFields, count = 1): void {
  countOperation(runtime, context, 'credential.read', fields, count)
}

/** Counts an operation that changes nothing, for the audit to write in batches. */
export function countOperation(
  runtime: Runtime,
  context: BoundContext,
  action: AuditAction,
  fields?: HotFields,
  count = 1,
): void {
  runtime.audit.count(describeEvent(context, { action, outcome: 'success' }, fields), count)
}

async function shareToken(runtime: Runtime, { record, token }: Derived): Promise<void> {
  const { policy, clock } = runtime
  const expiresAt = Math.min(
    clock.now() + policy.l2TtlMs,
    usableUntil(token, policy),
    record.dueAt ?? Number.POSITIVE_INFINITY,
  )
  if (expiresAt <= clock.now()) return
  const { id, type, scope, shares, status, stateVersion, generation } = record
  const fields = { id, type, scope, shares, status, stateVersion, generation }
  const sealed = await runtime.sealer.sealToken(fields, token)
  await runtime.cache?.set(keyOf(record), { fields, sealed, expiresAt }, record.version)
}
