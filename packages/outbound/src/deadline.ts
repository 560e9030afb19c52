/** Ends a request when its time is up or its caller gives up, whichever comes first. */
export class Deadline {
  readonly #ending = new AbortController()
  readonly #timer: NodeJS.Timeout
  readonly #given: AbortSignal | undefined
  #expired = false

  constructor(timeoutMs: number, given: AbortSignal | null | undefined) {
    this.#given = given ?? undefined
    this.#timer = setTimeout(() => {
      this.#expired = true
      this.#ending.abort()
    }, timeoutMs)
    this.#timer.unref()
    if (given?.aborted) this.#giveUp()
    else given?.addEventListener('abort', this.#giveUp, { once: true })
  }

  get signal(): AbortSignal {
    return this.#ending.signal
  }

  /** Whether it was the time that ended the request. */
  get expired(): boolean {
    return this.#expired
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#given?.removeEventListener('abort', this.#giveUp)
  }

  readonly #giveUp = () => this.#ending.abort(this.#given?.reason)
}
