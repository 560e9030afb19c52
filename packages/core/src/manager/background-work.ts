/** Work that nobody waits for, but that a close must see the end of. */
export class BackgroundWork {
  readonly #running = new Set<Promise<void>>()
  readonly #closing = new AbortController()

  /** Aborts when the manager closes: work that retries makes its last try. */
  get signal(): AbortSignal {
    return this.#closing.signal
  }

  /** Runs work whose failures were already recorded where they belong. */
  run(work: () => Promise<unknown>): void {
    const running = work()
      .then(noResult, noResult)
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Asks all work to end, and waits for it. */
  async close(): Promise<void> {
    this.#closing.abort()
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}

function noResult(): void {}
