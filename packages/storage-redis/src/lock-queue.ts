import type { ChannelListener, Subscription } from './subscriber.ts'

/**
 * The callers of this process that wait for locks: in order per key, of which the first alone asks the server, and is
 * woken by notification.
 */
export class LockQueue {
  readonly #subscription: Subscription
  readonly #places = new Map<string, Place[]>()

  constructor(subscription: Subscription) {
    this.#subscription = subscription
  }

  /** Joins the queue for a channel's lock. @throws CredentialError STORAGE_UNAVAILABLE when it cannot be notified */
  async join(channel: string): Promise<Place> {
    const places = this.#places.get(channel) ?? []
    this.#places.set(channel, places)
    const place = new Place(() => this.#leave(channel, place))
    places.push(place)
    if (places[0] === place) place.beFirst()
    try {
      place.unsubscribe = await this.#subscription.subscribe(channel, place)
    } catch (error) {
      place.leave()
      throw error
    }
    return place
  }

  #leave(channel: string, place: Place): void {
    const places = this.#places.get(channel) ?? []
    const at = places.indexOf(place)
    if (at < 0) return
    places.splice(at, 1)
    if (places.length === 0) this.#places.delete(channel)
    else if (at === 0) places[0]?.beFirst()
  }
}

/** One caller's place in a queue. */
export class Place implements ChannelListener {
  unsubscribe: () => void = () => {}
  readonly #onLeave: () => void
  readonly #first = Promise.withResolvers<void>()
  #isFirst = false
  readonly #heard: string[] = []
  #notified = false
  #wake: (() => void) | undefined

  constructor(onLeave: () => void) {
    this.#onLeave = onLeave
  }

  /** Resolves when nobody of this process stands before. */
  get first(): Promise<void> {
    return this.#first.promise
  }

  beFirst(): void {
    this.#isFirst = true
    this.#first.resolve()
  }

  /** What was announced since the last call, once something was: the lock may have become free. Nothing in time: []. */
  async notified(timeoutMs: number): Promise<readonly string[]> {
    if (!this.#notified) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      const timer = setTimeout(resolve, timeoutMs)
      await promise
      clearTimeout(timer)
      this.#wake = undefined
    }
    this.#notified = false
    return this.#heard.splice(0)
  }

  onMessage(text: string): void {
    // Whoever becomes the first looks for itself: kept messages would grow with the square of the queue.
    if (!this.#isFirst) return
    this.#heard.push(text)
    this.onGap()
  }

  onGap(): void {
    if (!this.#isFirst) return
    this.#notified = true
    this.#wake?.()
  }

  leave(): void {
    // Not now: the write would hold up whoever has just got the lock.
    setImmediate(this.unsubscribe)
    this.onGap()
    this.#onLeave()
  }
}
