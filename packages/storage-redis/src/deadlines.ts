interface Pending {
  readonly expiresAt: number
  readonly onExpired: () => void
}

/**
 * The deadlines of calls that all may take equally long. One timer serves them all and goes on standing between
 * calls: a timer of its own per call would cost a fast call several per cent.
 */
export class Deadlines {
  readonly durationMs: number
  // In the order in which they expire, since all last equally long.
  readonly #pending = new Set<Pending>()
  #timer: NodeJS.Timeout | undefined

  constructor(durationMs: number) {
    this.durationMs = durationMs
  }

  /** Settles as `work` does, with its error translated, or rejects with what `expired` makes when it takes too long. */
  within<T>(work: Promise<T>, expired: () => Error, translate: (error: unknown) => Error): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const pending: Pending = {
      expiresAt: performance.now() + this.durationMs,
      onExpired: () => reject(expired()),
    }
    this.#pending.add(pending)
    if (this.#timer === undefined) this.#watch(this.durationMs)
    work.then(
      value => {
        this.#pending.delete(pending)
        resolve(value)
      },
      error => {
        this.#pending.delete(pending)
        reject(translate(error))
      },
    )
    return promise
  }

  #watch(ms: number): void {
    this.#timer = setTimeout(() => this.#expire(), ms)
    // What is waited for keeps the process alive, not the end of the patience.
    this.#timer.unref()
  }

  #expire(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const pending of this.#pending) {
      if (pending.expiresAt > now) {
        this.#watch(pending.expiresAt - now)
        return
      }
      this.#pending.delete(pending)
      pending.onExpired()
    }
  }
}
