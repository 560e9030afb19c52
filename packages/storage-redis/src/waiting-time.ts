import { CredentialError } from '@nebula-credential/core'

// What a timer takes; a longer wait is without end.
const longestTimerMs = 2 ** 31 - 1

/** How long an acquire may go on: until its time is over, its caller gives up, or the lock is closed. */
export class WaitingTime implements Disposable {
  readonly #over = Promise.withResolvers<never>()
  #timer: NodeJS.Timeout | undefined
  readonly #signals: readonly AbortSignal[]
  readonly #onAbort = (event: Event) => this.#over.reject((event.target as AbortSignal).reason)

  constructor(signals: readonly AbortSignal[]) {
    this.#over.promise.catch(() => {})
    this.#signals = signals
    for (const each of signals) {
      if (each.aborted) this.#over.reject(each.reason)
      else each.addEventListener('abort', this.#onAbort, { once: true })
    }
  }

  /** From now on it lasts so long, then ends with LOCK_TIMEOUT. */
  limit(remainingMs: number, description: string): void {
    const timeout = () => this.#over.reject(new CredentialError('LOCK_TIMEOUT', description))
    this.#timer = setTimeout(timeout, timerMs(remainingMs))
  }

  /** The outcome of `work`, or the reason for which the time ended before. */
  within<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#over.promise])
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    for (const each of this.#signals) each.removeEventListener('abort', this.#onAbort)
  }
}

/** The longest a timer can wait of a duration. */
export function timerMs(durationMs: number): number {
  return Math.min(Math.max(1, durationMs), longestTimerMs)
}
