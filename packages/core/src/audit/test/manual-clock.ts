import type { Clock } from '../../clock.ts'

interface Timer {
  dueAt: number
  readonly everyMs: number
  readonly work: () => void
}

/** A clock that goes on only when told to. */
export class ManualClock implements Clock {
  #now = 1_700_000_000_000
  readonly #timers = new Set<Timer>()

  get timers(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#now
  }

  sleep(): Promise<void> {
    return Promise.reject(new Error('The audit does not sleep'))
  }

  every(everyMs: number, work: () => void): () => void {
    const timer = { dueAt: this.#now + everyMs, everyMs, work }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Goes on by `ms`, firing what is due in order, and lets what it started come to rest. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.dueAt - b.dueAt)
      if (next === undefined || next.dueAt > until) break
      this.#now = next.dueAt
      next.dueAt += next.everyMs
      next.work()
      await settle()
    }
    this.#now = until
    await settle()
  }
}

/** Lets started work go on until it waits for something else than memory. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
}
