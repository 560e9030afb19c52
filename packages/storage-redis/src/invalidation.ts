import { type Invalidation, type InvalidationMessage, OpenState } from '@nebula-credential/core'
import type { RedisClient, RedisOptions } from './options.ts'
import { RedisConnection } from './redis-connection.ts'

/**
 * Invalidation by publish and subscribe. A lost subscription calls `onGap` at once and again when it is back; between
 * the two, messages are missed.
 */
export class RedisInvalidation implements Invalidation {
  readonly #connection: RedisConnection
  readonly #subscriptions = new Set<() => void>()
  readonly #state: OpenState

  /**
   * @param client A client of yours, which stays open, or a URL, for a connection that `close()` closes
   * @throws CredentialError CONFIG_INVALID
   */
  constructor(client: RedisClient | string, options?: RedisOptions)
  /** @internal */
  constructor(client: RedisConnection, options?: RedisOptions)
  constructor(client: RedisClient | string | RedisConnection, options: RedisOptions = {}) {
    this.#connection = RedisConnection.usedBy(client, options)
    this.#state = new OpenState(`invalidation ${this.#connection.name}`)
  }

  async publish({ tenantId, id, version }: InvalidationMessage): Promise<void> {
    this.#state.assertOpen()
    const { client, keys } = this.#connection
    const text = JSON.stringify([tenantId, id, version])
    await this.#connection.call(() => client.publish(keys.invalidations, text))
  }

  async subscribe(
    onMessage: (message: InvalidationMessage) => void,
    onGap: () => void,
  ): Promise<() => Promise<void>> {
    this.#state.assertOpen()
    const { subscriber, keys } = this.#connection
    let listening = true
    const unsubscribe = await subscriber.subscribe(keys.invalidations, {
      onMessage(text) {
        if (!listening) return
        const message = parse(text)
        // Somebody said something that this release does not understand: that, too, is a message missed.
        if (message === undefined) onGap()
        else onMessage(message)
      },
      onGap() {
        if (listening) onGap()
      },
    })
    const stop = () => {
      listening = false
      this.#subscriptions.delete(stop)
      unsubscribe()
    }
    this.#subscriptions.add(stop)
    return async () => stop()
  }

  async close(): Promise<void> {
    if (this.#state.closed) return
    this.#state.close()
    for (const stop of [...this.#subscriptions]) stop()
    this.#connection.leave()
  }
}

function parse(text: string): InvalidationMessage | undefined {
  try {
    const [tenantId, id, version] = JSON.parse(text) as unknown[]
    const valid = typeof tenantId === 'string' && typeof id === 'string' && typeof version === 'number'
    return valid ? { tenantId, id, version } : undefined
  } catch {
    return undefined
  }
}
