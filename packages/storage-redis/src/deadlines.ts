import { driverError, timeoutError } from './driver-errors.ts'

interface Pending {
  readonly expiresAt: number
  readonly reject: (error: Error) => void
}

/**
 * The deadlines of calls to one server, which all may take equally long. One timer serves them all and goes on standing between
 * calls: a timer of its own per call would cost a fast call several per cent.
 */
export class Deadlines {
  readonly #name: string
  readonly #durationMs: number
  // In the order in which they expire, since all last equally long.
  readonly #pending = new Set<Pending>()
  #timer: NodeJS.Timeout | undefined

  /** @param name Names the server in errors, without secrets */
  constructor(name: string, durationMs: number) {
    this.#name = name
    this.#durationMs = durationMs
  }

  /**
   * Settles as `work` does, with its error translated.
   * @throws CredentialError STORAGE_UNAVAILABLE when it takes too long
   */
  within<T>(work: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const pending: Pending = { expiresAt: performance.now() + this.#durationMs, reject }
    this.#pending.add(pending)
    if (this.#timer === undefined) this.#watch(this.#durationMs)
    work.then(
      value => {
        this.#pending.delete(pending)
        resolve(value)
      },
      error => {
        this.#pending.delete(pending)
        reject(driverError(error, this.#name))
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
      pending.reject(timeoutError(this.#name, this.#durationMs))
    }
  }
}
