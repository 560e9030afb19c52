import { type Invalidation, type InvalidationMessage, OpenState } from '@nebula-credential/core'
import type { PostgresConnection } from './connection.ts'
import type { Subscriber } from './notification-listener.ts'

const prefix = 'changed '
// PostgreSQL's limit is 8,000 bytes, the ending NUL included.
const longestPayloadBytes = 7_900

/**
 * Tells of changes by NOTIFY, and hears of them on the connection that the store's companions share. What is
 * published while a listener's connection is lost does not reach it: `onGap` says so.
 */
export class PostgresInvalidation implements Invalidation {
  readonly #connection: PostgresConnection
  readonly #state: OpenState
  readonly #subscribers = new Set<Subscriber>()

  constructor(connection: PostgresConnection) {
    this.#connection = connection
    this.#state = new OpenState(`invalidation ${connection.name}`)
  }

  async publish(message: InvalidationMessage): Promise<void> {
    this.#state.assertOpen()
    await this.#connection.notify(encode(message))
  }

  async subscribe(
    onMessage: (message: InvalidationMessage) => void,
    onGap: () => void,
  ): Promise<() => Promise<void>> {
    this.#state.assertOpen()
    const subscriber: Subscriber = {
      onPayload(payload) {
        if (!payload.startsWith(prefix)) return
        const message = decode(payload)
        if (message === undefined) onGap()
        else onMessage(message)
      },
      onGap,
    }
    this.#subscribers.add(subscriber)
    try {
      await this.#connection.listener.subscribe(subscriber)
    } catch (error) {
      this.#subscribers.delete(subscriber)
      throw error
    }
    // Closed meanwhile: then nobody else would take it away.
    if (this.#state.closed) await this.#connection.listener.unsubscribe(subscriber)
    this.#state.assertOpen()
    return async () => {
      if (this.#subscribers.delete(subscriber)) await this.#connection.listener.unsubscribe(subscriber)
    }
  }

  async close(): Promise<void> {
    if (this.#state.closed) return
    this.#state.close()
    const leaving = [...this.#subscribers]
    this.#subscribers.clear()
    await Promise.all(leaving.map(subscriber => this.#connection.listener.unsubscribe(subscriber)))
    await this.#connection.leave()
  }
}

/** ASCII only, so that any tenant passes a database of any encoding. One that is too long becomes "anything". */
function encode({ tenantId, id, version }: InvalidationMessage): string {
  const text = JSON.stringify([tenantId, id, version])
  const payload = prefix + text.replaceAll(/[\u007f-\uffff]/g, unit => `\\u${hex(unit)}`)
  return payload.length <= longestPayloadBytes ? payload : prefix
}

function hex(unit: string): string {
  return unit.charCodeAt(0).toString(16).padStart(4, '0')
}

/** Undefined where the payload does not say which credential changed: then it may be any. */
function decode(payload: string): InvalidationMessage | undefined {
  try {
    const [tenantId, id, version] = JSON.parse(payload.slice(prefix.length)) as unknown[]
    if (typeof tenantId !== 'string' || typeof id !== 'string' || typeof version !== 'number')
      return undefined
    return { tenantId, id, version }
  } catch {
    return undefined
  }
}
