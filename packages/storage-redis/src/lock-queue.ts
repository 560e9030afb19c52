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
    this.#first.resolve()
  }

  /** Resolves when the lock may have become free: it was released since the last call, or the time is over. */
  async notified(timeoutMs: number): Promise<void> {
    if (!this.#notified) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      const timer = setTimeout(resolve, timeoutMs)
      await promise
      clearTimeout(timer)
      this.#wake = undefined
    }
    this.#notified = false
  }

  onMessage(): void {
    this.#notified = true
    this.#wake?.()
  }

  onGap(): void {
    this.onMessage()
  }

  leave(): void {
    // Not now: the write would hold up whoever has just got the lock.
    setImmediate(this.unsubscribe)
    this.onMessage()
    this.#onLeave()
  }
}
