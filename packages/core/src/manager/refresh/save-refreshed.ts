import { hash } from 'node:crypto'
import { type ErrorCode, isCredentialError } from '../../errors.ts'
import type { CredentialRecord } from '../../record/credential-record.ts'
import { disposeSecrets } from '../../secret/ephemeral.ts'
import { callProvider } from '../call-provider.ts'
import { announceChange } from '../record/announce-change.ts'
import { mint } from '../record/derive-token.ts'
import type { SealedState } from '../record/state-sealer.ts'
import { auditEvent, type BoundContext, type Derived, keyOf, type Runtime } from '../runtime.ts'
import { dueAt } from '../validity.ts'

/** A state that the provider granted, on its way to the store. */
export interface Granted {
  readonly context: BoundContext
  readonly attemptId: string
  /** The record as it was when the provider was asked. */
  readonly base: CredentialRecord
  readonly next: SealedState
  /** Whether losing this state loses the grant. */
  readonly rotating: boolean
}

/** A granted state whose writes are told from those of others: one whose answer was lost may have come to pass. */
interface Saving extends Granted {
  readonly sent: Set<string>
}

/**
 * Saves a granted state, and yields its token even when the store refuses: then the state goes to the outbox, and
 * the store is tried again behind. Undefined when the result was dropped, because the record changed its generation
 * or ended. Takes over `granted.next`, whose secrets are zeroed once it is safe.
 */
export async function saveRefreshed(runtime: Runtime, granted: Granted): Promise<Derived | undefined> {
  const saving = { ...granted, sent: new Set<string>() }
  try {
    const derived = await writeState(runtime, saving)
    disposeSecrets(granted.next.state)
    return derived
  } catch (error) {
    // Whatever the reason, the provider has forgotten the old state.
    return keepUnsaved(runtime, saving, isCredentialError(error) ? error.code : undefined)
  }
}

/**
 * Writes the state as long as the stored generation is the one the refresh started from, whatever intent stands
 * there; a result that comes later than another one is dropped, and the stored one is used.
 */
async function writeState(runtime: Runtime, saving: Saving): Promise<Derived | undefined> {
  const { base, next, sent } = saving
  let stored: CredentialRecord = base
  for (;;) {
    const derived = await nextRecord(runtime, stored, next)
    sent.add(sealOf(derived.record))
    try {
      await runtime.store.replace(derived.record)
      return await acknowledge(runtime, saving, derived)
    } catch (error) {
      if (!isCredentialError(error, 'VERSION_CONFLICT')) throw error
    }
    const reread = await runtime.store.get(base.scope.tenantId, base.id)
    if (reread !== undefined && sent.has(sealOf(reread))) {
      return await acknowledge(runtime, saving, { record: reread, token: derived.token })
    }
    if (reread === undefined || reread.generation !== base.generation || reread.status === 'revoked') {
      await dropResult(runtime, saving, reread)
      return undefined
    }
    stored = reread
  }
}

/** Names what was sealed: nobody else seals the same bytes. */
function sealOf({ state }: CredentialRecord): string {
  return hash('sha256', state, 'base64')
}

async function acknowledge(runtime: Runtime, { context }: Granted, derived: Derived): Promise<Derived> {
  await announceChange(runtime, derived.record)
  runtime.audit.queue(
    auditEvent(runtime, context, { action: 'credential.refresh', outcome: 'success' }, derived.record),
  )
  return derived
}

async function nextRecord(runtime: Runtime, stored: CredentialRecord, next: SealedState): Promise<Derived> {
  const { record, token } = unsealedNext(runtime, stored, next)
  return { record: { ...record, state: await runtime.sealer.seal(record, next) }, token }
}

/** The next record, but for its state, which is still the one before. */
function unsealedNext(runtime: Runtime, stored: CredentialRecord, next: SealedState): Derived {
  const definition = runtime.registry.get(stored.type)
  const generation = stored.generation + 1
  const token = mint(runtime, { ...stored, generation }, next.state)
  const { intent: _intent, coolOff: _coolOff, failure: _failure, ...kept } = stored
  const record = {
    ...kept,
    status: 'active' as const,
    stateVersion: definition.stateVersion,
    generation,
    version: stored.version + 1,
    expiresAt: token.expiresAt,
    dueAt: dueAt(token, runtime.policy),
    updatedAt: runtime.clock.now(),
  }
  return { record, token }
}

/** A result that came too late. Where the credential has ended, what was granted for it is given back. */
async function dropResult(
  runtime: Runtime,
  { context, base, next }: Granted,
  stored: CredentialRecord | undefined,
): Promise<void> {
  const reason = stored === undefined ? 'deleted' : stored.status === 'revoked' ? 'revoked' : 'superseded'
  runtime.audit.queue(
    auditEvent(runtime, context, { action: 'credential.refresh', outcome: 'dropped', reason }, base),
  )
  const { revoke } = runtime.registry.get(base.type)
  if (reason === 'superseded' || revoke === undefined) return
  await callProvider(runtime, base, runtime.policy.callerWaitMs, 'transient', environment =>
    revoke(next.state, environment),
  ).catch(() => {})
}

/** Puts a state that the store refused into the outbox, and goes on trying the store behind. */
async function keepUnsaved(runtime: Runtime, granted: Saving, code: ErrorCode | undefined): Promise<Derived> {
  const { base } = granted
  const derived = unsealedNext(runtime, base, granted.next)
  runtime.unsaved.set(keyOf(base), derived)
  runtime.hot.invalidate(base.id, derived.record.version)
  const put = await putIntoOutbox(runtime, granted)
  const reason = put ? 'in_outbox' : 'in_memory_only'
  if (granted.rotating) {
    const action = put ? 'credential.refresh' : 'grant_at_risk'
    runtime.audit.queue(
      auditEvent(runtime, granted.context, { action, outcome: 'failure', code, reason }, base),
    )
  }
  runtime.background.run(() => saveBehind(runtime, granted, put))
  return derived
}

async function putIntoOutbox(
  runtime: Runtime,
  { attemptId, base, next, rotating }: Granted,
): Promise<boolean> {
  if (!rotating) return false
  try {
    await runtime.outbox.put({
      tenantId: base.scope.tenantId,
      id: base.id,
      attemptId,
      generation: base.generation,
      sealed: await runtime.sealer.sealForOutbox(base, next),
      createdAt: runtime.clock.now(),
    })
    return true
  } catch {
    return false
  }
}

const longestPauseMs = 30_000
// What memory alone holds must be saved as soon as it can be: others wait for it no longer than its intent says.
const longestPauseAtRiskMs = 1_000

/** Tries store and outbox until the store has the state; when the manager closes, once more. */
async function saveBehind(runtime: Runtime, granted: Saving, alreadyPut: boolean): Promise<void> {
  const { clock, background, policy } = runtime
  const { base } = granted
  let put = alreadyPut
  try {
    for (let pauseMs = policy.retryPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const atRisk = granted.rotating && !put
      await clock
        .sleep(atRisk ? Math.min(pauseMs, longestPauseAtRiskMs) : pauseMs, background.signal)
        .catch(() => {})
      // One that is under way when the manager closes may have found away what has come back since.
      const isLast = background.signal.aborted
      try {
        await writeState(runtime, granted)
        if (put) await runtime.outbox.remove(base.scope.tenantId, base.id, granted.attemptId)
        return
      } catch {
        if (!put) put = await putIntoOutbox(runtime, granted)
      }
      if (isLast) return
    }
  } finally {
    runtime.unsaved.delete(keyOf(base))
    disposeSecrets(granted.next.state)
  }
}
