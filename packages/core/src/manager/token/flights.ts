/** Work under way, by key: whoever asks for the same work while it runs joins it. */
export class Flights<T> {
  readonly #running = new Map<string, Promise<T>>()

  /**
   * The running work of a key, or `start()`'s, which is forgotten as soon as it settles either way. What `start` gives
   * at once nobody can join.
   */
  join(key: string, start: () => Promise<T>): Promise<T>
  join(key: string, start: () => T | Promise<T>): T | Promise<T>
  join(key: string, start: () => T | Promise<T>): T | Promise<T> {
    const running = this.#running.get(key)
    if (running !== undefined) return running
    const started = start()
    if (!(started instanceof Promise)) return started
    const land = () => {
      if (this.#running.get(key) === flight) this.#running.delete(key)
    }
    // Not `finally`, which makes four promises more on every cold read.
    const flight = started.then(
      result => {
        land()
        return result
      },
      error => {
        land()
        throw error
      },
    )
    this.#running.set(key, flight)
    return flight
  }

  /** Lets later callers start anew, because what runs may return what is out of date. */
  forget(key: string): void {
    this.#running.delete(key)
  }

  /** {@link forget} for all keys. */
  forgetAll(): void {
    this.#running.clear()
  }

  /** Resolves when all that runs now has settled. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#running.values()])
  }
}
