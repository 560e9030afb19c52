import { type Clock, systemClock } from '@nebula-credential/core'

interface Recurring {
  readonly everyMs: number
  readonly work: () => void
  dueAt: number
}

/**
 * The machine's clock, with one timer for all leases of the process. Most leases end long before their first renewal,
 * and setting and clearing timers for each would cost them several per cent.
 */
export class LeaseClock implements Clock {
  readonly sleep = systemClock.sleep
  readonly now = systemClock.now
  readonly #recurring = new Set<Recurring>()
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY

  every(everyMs: number, work: () => void): () => void {
    const recurring: Recurring = { everyMs, work, dueAt: performance.now() + everyMs }
    this.#recurring.add(recurring)
    if (recurring.dueAt < this.#timerAt) this.#wakeAt(recurring.dueAt)
    return () => this.#recurring.delete(recurring)
  }

  #wakeAt(at: number): void {
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(() => this.#work(), Math.max(1, Math.ceil(at - performance.now())))
    this.#timer.unref()
  }

  // The timer may stand for a lease that has gone: then nothing is due.
  #work(): void {
    this.#timerAt = Number.POSITIVE_INFINITY
    const now = performance.now()
    for (const recurring of this.#recurring) {
      if (recurring.dueAt > now) continue
      // After a pause of the process, once is enough.
      recurring.dueAt = Math.max(recurring.dueAt + recurring.everyMs, now)
      recurring.work()
    }
    let next = Number.POSITIVE_INFINITY
    for (const { dueAt } of this.#recurring) next = Math.min(next, dueAt)
    if (next < this.#timerAt) this.#wakeAt(next)
  }
}

/** The clock of this process's leases. */
export const leaseClock = new LeaseClock()
