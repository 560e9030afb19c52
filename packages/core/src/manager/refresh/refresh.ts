import type { ProviderFailure } from '../../credential/provider-failure.ts'
import { isCredentialError } from '../../errors.ts'
import type { CredentialRecord } from '../../record/credential-record.ts'
import { disposeSecrets } from '../../secret/ephemeral.ts'
import type { Lease } from '../../storage/distributed-lock.ts'
import { requestNextState } from '../call-provider.ts'
import { deriveToken, isUsable } from '../record/derive-token.ts'
import { assertUsable, openRecord } from '../record/open-record.ts'
import { type BoundContext, type Derived, keyOf, notFound, type Runtime } from '../runtime.ts'
import { coolingDown } from './cool-off.ts'
import { saveRefreshed } from './save-refreshed.ts'
import { settleFailure } from './settle-failure.ts'
import { type RefreshMode, type Turn, takeTurn } from './take-turn.ts'

/**
 * Exactly one refresh of the generation that was seen, whatever the number of callers and processes: the token of a
 * higher generation, whoever made it. Undefined only behind, when somebody else is at it.
 */
export function refresh(
  runtime: Runtime,
  context: BoundContext,
  seen: CredentialRecord,
  mode: RefreshMode,
): Promise<Derived | undefined> {
  return runtime.refreshes.join(`${keyOf(seen)} ${seen.generation} ${mode}`, () =>
    refreshUnderLock(runtime, context, seen, mode),
  )
}

/** The lock spares others the work; what makes the refresh safe is the intent, or the CAS. */
async function refreshUnderLock(
  runtime: Runtime,
  context: BoundContext,
  seen: CredentialRecord,
  mode: RefreshMode,
): Promise<Derived | undefined> {
  const lock = await takeLock(runtime, keyOf(seen), mode)
  if (lock === 'held' && mode === 'behind') return undefined
  try {
    return await refreshOnce(runtime, context, seen, mode, lock === 'held')
  } finally {
    if (typeof lock === 'object') await lock.release()
  }
}

async function takeLock(
  runtime: Runtime,
  key: string,
  mode: RefreshMode,
): Promise<Lease | 'held' | 'unavailable'> {
  try {
    if (mode === 'behind') return (await runtime.lock.tryAcquire(key)) ?? 'held'
    return await runtime.lock.acquire(key, { waitMs: runtime.policy.lockWaitMs })
  } catch (error) {
    if (isCredentialError(error, 'LOCK_TIMEOUT')) return 'held'
    if (isCredentialError(error, 'STORAGE_UNAVAILABLE')) return mode === 'behind' ? 'held' : 'unavailable'
    throw error
  }
}

async function refreshOnce(
  runtime: Runtime,
  context: BoundContext,
  seen: CredentialRecord,
  mode: RefreshMode,
  lockHeldByOther: boolean,
): Promise<Derived | undefined> {
  const { id, scope } = seen
  for (;;) {
    const record = await runtime.store.get(scope.tenantId, id)
    if (record === undefined) throw notFound(id)
    const done = await alreadyRefreshed(runtime, context, seen, record, mode)
    if (done !== undefined) return done
    assertUsable(record)
    if (mode !== 'forced') assertRested(runtime, record)

    const sealed = await openRecord(runtime, context, record, 'credential.refresh')
    const turn = await takeTurn(runtime, context, record, sealed, mode, lockHeldByOther)
    if (turn === 'again') continue
    if (turn === 'give way') return undefined
    if ('token' in turn) return turn

    const outcome = await attempt(runtime, context, turn)
    if (outcome !== 'again') return outcome
  }
}

/** The token of a higher generation, when somebody made one since. */
async function alreadyRefreshed(
  runtime: Runtime,
  context: BoundContext,
  seen: CredentialRecord,
  record: CredentialRecord,
  mode: RefreshMode,
): Promise<Derived | undefined> {
  const unsaved = runtime.unsaved.get(keyOf(record))
  if (unsaved !== undefined && unsaved.record.generation > record.generation) {
    if (unsaved.record.generation > seen.generation && isUsable(runtime, unsaved)) return unsaved
  }
  if (record.generation <= seen.generation) return undefined
  assertUsable(record)
  const current = await deriveToken(runtime, context, record)
  return mode === 'forced' || isUsable(runtime, current) ? current : undefined
}

/** @throws CredentialError COOLING_DOWN, PROVIDER_REJECTED */
function assertRested(runtime: Runtime, record: CredentialRecord): void {
  if (record.coolOff !== undefined && runtime.clock.now() < record.coolOff.retryAt) {
    throw coolingDown(record.id, record.coolOff)
  }
}

async function attempt(runtime: Runtime, context: BoundContext, turn: Turn): Promise<Derived | 'again'> {
  const { record, sealed, grant, attemptId, askUntil } = turn
  // This process may have been frozen since it wrote the intent, and another may have used the refresh token.
  if (runtime.clock.now() >= askUntil) {
    runtime.abandonedAttempts.add(attemptId)
    disposeSecrets(sealed.state)
    return 'again'
  }
  let next: unknown
  try {
    next = await requestNextState(runtime, record, grant, sealed.state, askUntil)
  } catch (error) {
    disposeSecrets(sealed.state)
    return settleFailure(runtime, context, turn, error as ProviderFailure)
  }
  const saved = await saveRefreshed(runtime, {
    context,
    attemptId,
    base: record,
    next: { ...sealed, state: next },
    rotating: grant.rotating,
  })
  // What the store has not acknowledged yet may share its secrets with the state it came from.
  if (!runtime.unsaved.has(keyOf(record))) disposeSecrets(sealed.state)
  return saved ?? 'again'
}
