import type { RedisConnection } from './redis-connection.ts'

/**
 * A check of the server that every call relies on. It is made by the first call, again after a failure, and again
 * after every reconnection: what answers then may be another server, after a fail-over, or have another configuration.
 */
export class ServerCheck {
  readonly #connection: RedisConnection
  readonly #check: () => Promise<void>
  #checked: { readonly connection: number; readonly done: Promise<void> } | undefined

  constructor(connection: RedisConnection, check: () => Promise<void>) {
    this.#connection = connection
    this.#check = check
  }

  /** Resolves when the server passes. */
  async passed(): Promise<void> {
    const connection = this.#connection.connectionNumber
    if (this.#checked?.connection !== connection) this.#checked = { connection, done: this.#check() }
    const checked = this.#checked
    try {
      await checked.done
    } catch (error) {
      if (this.#checked === checked) this.#checked = undefined
      throw error
    }
  }
}
