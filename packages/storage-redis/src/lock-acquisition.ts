import type { AcquireOptions, Lease } from '@nebula-credential/core'
import type { LockQueue, Place } from './lock-queue.ts'
import { timerMs, WaitingTime } from './waiting-time.ts'

/** How one caller tries to take one lock. */
export interface LockAttempt {
  /** Where the lock is, in errors. */
  readonly name: string
  /** Where its releases are announced. */
  readonly channel: string
  /** Takes it if it is free. */
  takeFree(): Promise<Lease | undefined>
  /**
   * Takes it if it is free, or if a request before took it whose answer was lost. Otherwise says in how many
   * milliseconds to look again, unless a notification comes first.
   */
  take(): Promise<Lease | number>
  /** Releases what may have been taken without the caller hearing of it. */
  giveUp(): Promise<void>
}

/** Waits for a lock; see `DistributedLock.acquire`. */
export async function acquireLock(
  attempt: LockAttempt,
  options: AcquireOptions,
  queue: LockQueue,
  closing: AbortSignal,
): Promise<Lease> {
  closing.throwIfAborted()
  options.signal?.throwIfAborted()
  using time = new WaitingTime(options.signal === undefined ? [closing] : [closing, options.signal])
  const acquiring = takeOrWait(attempt, options.waitMs, queue, time)
  try {
    return await time.within(acquiring)
  } catch (error) {
    // A request under way may take it yet.
    acquiring.then(
      lease => lease.release(),
      () => attempt.giveUp().catch(() => {}),
    )
    throw error
  }
}

/** Takes a lock that is free at once; see `DistributedLock.tryAcquire`. */
export async function tryAcquireLock(attempt: LockAttempt, closing: AbortSignal): Promise<Lease | undefined> {
  closing.throwIfAborted()
  try {
    return await attempt.takeFree()
  } catch (error) {
    attempt.giveUp().catch(() => {})
    throw error
  }
}

async function takeOrWait(
  attempt: LockAttempt,
  waitMs: number,
  queue: LockQueue,
  time: WaitingTime,
): Promise<Lease> {
  const startedAt = performance.now()
  const lease = await attempt.takeFree()
  if (lease !== undefined) return lease
  const remainingMs = waitMs - (performance.now() - startedAt)
  time.limit(remainingMs, `The lock on ${attempt.name} was not free within ${waitMs} ms`)
  return await takeInTurn(attempt, queue, time)
}

async function takeInTurn(attempt: LockAttempt, queue: LockQueue, time: WaitingTime): Promise<Lease> {
  const place = await queue.join(attempt.channel)
  try {
    await time.within(place.first)
    return await takeWhenFree(attempt, place, time)
  } finally {
    place.leave()
  }
}

async function takeWhenFree(attempt: LockAttempt, place: Place, time: WaitingTime): Promise<Lease> {
  for (;;) {
    const taken = await attempt.take()
    if (typeof taken !== 'number') return taken
    await time.within(place.notified(timerMs(taken)))
  }
}
