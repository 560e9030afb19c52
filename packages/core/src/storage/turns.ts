/** Lets the callers of one process contend for a key one at a time, in the order in which they came. */
export class Turns {
  readonly #waiting = new Map<string, Set<() => void>>()

  /** The turn when it is free at once: the returned function ends it, and may be called twice. */
  tryEnter(key: string): (() => void) | undefined {
    if (this.#waiting.has(key)) return undefined
    this.#waiting.set(key, new Set())
    return this.#leave(key)
  }

  /** Waits for the turn. Rejects with the signal's reason when it aborts first. */
  async enter(key: string, signal: AbortSignal): Promise<() => void> {
    const free = this.tryEnter(key)
    if (free !== undefined) return free
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting = this.#waiting.get(key) as Set<() => void>
    const onAbort = () => {
      waiting.delete(resolve)
      reject(signal.reason)
    }
    signal.throwIfAborted()
    waiting.add(resolve)
    signal.addEventListener('abort', onAbort, { once: true })
    await promise
    signal.removeEventListener('abort', onAbort)
    return this.#leave(key)
  }

  #leave(key: string): () => void {
    let left = false
    return () => {
      if (left) return
      left = true
      const waiting = this.#waiting.get(key) as Set<() => void>
      const [next] = waiting
      if (next === undefined) {
        this.#waiting.delete(key)
      } else {
        waiting.delete(next)
        next()
      }
    }
  }
}
