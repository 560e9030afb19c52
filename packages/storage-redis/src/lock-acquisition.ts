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
  /** The lease, when a notification says that the lock was handed over to this caller. */
  accept(notification: string): Lease | undefined
  /** Releases what may have been taken without the caller hearing of it. */
  giveUp(): Promise<unknown>
}

/** Waits for a lock; see `DistributedLock.acquire`. */
export async function acquireLock(
  attempt: LockAttempt,
  { waitMs, signal }: AcquireOptions,
  queue: LockQueue,
  closing: AbortSignal,
): Promise<Lease> {
  closing.throwIfAborted()
  signal?.throwIfAborted()
  const startedAt = performance.now()
  const first = attempt.takeFree()
  try {
    const lease = await (signal === undefined ? first : unlessAborted(first, signal))
    if (lease !== undefined) return lease
  } catch (error) {
    returnLate(first, attempt)
    throw error
  }

  using time = new WaitingTime(signal === undefined ? [closing] : [closing, signal])
  const remainingMs = waitMs - (performance.now() - startedAt)
  time.limit(remainingMs, `The lock on ${attempt.name} was not free within ${waitMs} ms`)
  const waiting = takeInTurn(attempt, queue, time)
  try {
    return await time.within(waiting)
  } catch (error) {
    returnLate(waiting, attempt)
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

// A request under way may take it yet, for a caller who has gone.
function returnLate(taking: Promise<Lease | undefined>, attempt: LockAttempt): void {
  taking.then(
    lease => lease?.release(),
    () => attempt.giveUp().catch(() => {}),
  )
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  return promise
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
    for (const notification of await time.within(place.notified(timerMs(taken)))) {
      const handedOver = attempt.accept(notification)
      if (handedOver !== undefined) return handedOver
    }
  }
}
