import type { CredentialRecord } from '../../record/credential-record.ts'
import { keyOf, type Runtime } from '../runtime.ts'

type Changed = Pick<CredentialRecord, 'id' | 'scope' | 'version'>

/**
 * Makes every cache forget what it holds of a credential below the record's version: this process at once, the
 * shared cache and the other processes before the call returns where they can be reached, else as soon as they can.
 *
 * @param preparation what {@link prepareChange} found, where it was asked
 */
export async function announceChange(
  runtime: Runtime,
  record: Changed,
  preparation?: Preparation,
): Promise<void> {
  runtime.loads.forget(keyOf(record))
  runtime.hot.invalidate(record.id, record.version)
  const announce = () => tellAll(runtime, record)
  try {
    if (preparation === undefined) return await announce()
    // Before the others are told, who ask the shared cache next.
    const outcome = await preparation.outcome
    await tellOthers(runtime, record)
    if (outcome === 'forgotten') return
  } catch {
    // What was not told now is told later.
  }
  runtime.background.run(() => retry(runtime, announce))
}

/** Whether the shared cache has forgotten what is about to be changed; it may still be asked when the write begins. */
export interface Preparation {
  readonly outcome: Promise<'forgotten' | 'unreachable'>
}

// What is revoked must not go on for as long as a cache takes to fail.
const longestPreparationMs = 500

/**
 * Makes the shared cache forget what is about to be changed: the process may die between the write and its
 * announcement, and what the cache then still held would outlive every promise. Waits for it for 500 ms at most.
 */
export async function prepareChange(runtime: Runtime, record: Changed): Promise<Preparation> {
  const outcome = forgetShared(runtime, record).then(
    () => 'forgotten' as const,
    () => 'unreachable' as const,
  )
  if (runtime.cache === undefined) return { outcome }
  const done = new AbortController()
  const patience = runtime.clock.sleep(longestPreparationMs, done.signal).catch(() => {})
  await Promise.race([outcome, patience])
  done.abort()
  return { outcome }
}

/** The shared cache comes first, because whoever hears of the change asks it next. */
async function tellAll(runtime: Runtime, record: Changed): Promise<void> {
  try {
    await forgetShared(runtime, record)
  } finally {
    await tellOthers(runtime, record)
  }
}

async function tellOthers(runtime: Runtime, { id, scope, version }: Changed): Promise<void> {
  await runtime.invalidation?.publish({ tenantId: scope.tenantId, id, version })
}

async function forgetShared(runtime: Runtime, record: Changed): Promise<void> {
  await runtime.cache?.invalidate(keyOf(record), record.version, tombstoneMs(runtime))
}

// A tombstone must outlast whatever was loaded before it and is stored after it.
const tombstoneMs = (runtime: Runtime) => runtime.policy.l2TtlMs + runtime.policy.rotatingRequestMs

async function retry(runtime: Runtime, work: () => Promise<void>): Promise<void> {
  const { clock, background, policy } = runtime
  for (let pauseMs = policy.retryPauseMs; ; pauseMs = Math.min(pauseMs * 2, 30_000)) {
    await clock.sleep(pauseMs, background.signal).catch(() => {})
    // One that is under way when the manager closes may have found away what has come back since.
    const isLast = background.signal.aborted
    try {
      await work()
      return
    } catch {
      if (isLast) return
    }
  }
}
