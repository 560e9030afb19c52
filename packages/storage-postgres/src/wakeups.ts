/** One waiter's chance to be woken. */
export interface Wakeup {
  /** Resolves when woken, now or since it was made, or after `ms`. Rejects with the signal's reason. */
  within(ms: number, signal: AbortSignal): Promise<void>
  forget(): void
}

/** Wakes those who wait for a topic. */
export class Wakeups {
  readonly #waiting = new Map<string, Set<() => void>>()

  expect(topic: string): Wakeup {
    const { promise: woken, resolve: wake } = Promise.withResolvers<void>()
    const waiting = this.#waiting.get(topic) ?? new Set()
    this.#waiting.set(topic, waiting.add(wake))
    return {
      within: (ms, signal) => firstOf(woken, ms, signal),
      forget: () => {
        waiting.delete(wake)
        if (waiting.size === 0 && this.#waiting.get(topic) === waiting) this.#waiting.delete(topic)
      },
    }
  }

  wake(topic: string): void {
    for (const wake of this.#waiting.get(topic) ?? []) wake()
  }

  wakeAll(): void {
    for (const topic of this.#waiting.keys()) this.wake(topic)
  }
}

async function firstOf(woken: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([woken, promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}
