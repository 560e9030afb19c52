import { CredentialError, isCredentialError } from '@nebula-credential/core'
import type { Redis } from 'ioredis'
import { driverError, timeoutError } from './driver-errors.ts'

export interface ChannelListener {
  onMessage(text: string): void
  /** Messages may have been missed: the connection was lost, or has come back. */
  onGap(): void
}

/** Where messages of channels come from. */
export interface Subscription {
  /**
   * Listens to a channel until the returned function is called; when this resolves, nothing is missed any more.
   * @throws CredentialError STORAGE_UNAVAILABLE; CLOSED
   */
  subscribe(channel: string, listener: ChannelListener): Promise<() => void>
}

const firstRetryMs = 50
const longestRetryMs = 2_000

/**
 * One connection that receives the messages of any number of channels. It opens with the first of them, and comes
 * back by itself when it was lost.
 */
export class Subscriber implements Subscription {
  readonly #name: string
  readonly #timeoutMs: number
  readonly #open: () => Promise<Redis>
  readonly #listeners = new Map<string, Set<ChannelListener>>()
  #connecting: Promise<Redis> | undefined
  #connection: Redis | undefined
  #retryTimer: NodeJS.Timeout | undefined
  #failures = 0
  #closed = false

  constructor(name: string, timeoutMs: number, open: () => Promise<Redis>) {
    this.#name = name
    this.#timeoutMs = timeoutMs
    this.#open = open
  }

  async subscribe(channel: string, listener: ChannelListener): Promise<() => void> {
    const listeners = this.#listeners.get(channel) ?? new Set()
    listeners.add(listener)
    this.#listeners.set(channel, listeners)
    try {
      const connection = await this.#connected()
      // Asked for also when others listen already: their own request may still be under way.
      await this.#inTime(connection.subscribe(channel))
    } catch (error) {
      this.#forget(channel, listener)
      throw driverError(error, this.#name)
    }
    return () => this.#forget(channel, listener)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retryTimer)
    this.#listeners.clear()
    this.#connection?.disconnect()
  }

  #forget(channel: string, listener: ChannelListener): void {
    const listeners = this.#listeners.get(channel)
    listeners?.delete(listener)
    if (listeners === undefined || listeners.size > 0) return
    this.#listeners.delete(channel)
    this.#connection?.unsubscribe(channel).catch(() => {})
  }

  #connected(): Promise<Redis> {
    this.#assertOpen()
    this.#connecting ??= this.#connect()
    return this.#connecting
  }

  /** @throws CredentialError CLOSED */
  #assertOpen(): void {
    if (this.#closed) throw new CredentialError('CLOSED', `${this.#name} is closed; open a new one`)
  }

  async #connect(): Promise<Redis> {
    try {
      const connection = await this.#open()
      // Of a connection that could not be made, the driver's promises say only that it is closed.
      let reason: unknown
      connection.on('error', error => {
        reason ??= error
      })
      connection.on('message', (channel: string, text: string) => this.#deliver(channel, text))
      try {
        await this.#inTime(connection.connect())
        this.#assertOpen()
        if (this.#listeners.size > 0) await this.#inTime(connection.subscribe(...this.#listeners.keys()))
        this.#assertOpen()
      } catch (error) {
        connection.disconnect()
        throw isCredentialError(error) ? error : (reason ?? error)
      }
      connection.once('end', () => this.#onLost())
      if (connection.status === 'end') throw new Error('The connection was lost')
      this.#connection = connection
      this.#failures = 0
      return connection
    } catch (error) {
      this.#connecting = undefined
      throw error
    }
  }

  #onLost(): void {
    this.#connection = undefined
    this.#connecting = undefined
    if (this.#closed) return
    this.#announceGap()
    this.#retryLater()
  }

  #retryLater(): void {
    if (this.#closed || this.#listeners.size === 0) return
    const longest = Math.min(longestRetryMs, firstRetryMs * 2 ** this.#failures++)
    this.#retryTimer = setTimeout(() => void this.#reconnect(), longest * (0.5 + Math.random() / 2))
    this.#retryTimer.unref()
  }

  async #reconnect(): Promise<void> {
    try {
      await this.#connected()
      // What was sent in between is lost.
      this.#announceGap()
    } catch {
      this.#retryLater()
    }
  }

  #announceGap(): void {
    for (const listeners of this.#listeners.values()) {
      for (const listener of listeners) listener.onGap()
    }
  }

  #deliver(channel: string, text: string): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener.onMessage(text)
  }

  async #inTime<T>(work: Promise<T>): Promise<T> {
    const { promise: timeout, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(timeoutError(this.#name, this.#timeoutMs)), this.#timeoutMs)
    try {
      return await Promise.race([work, timeout])
    } finally {
      clearTimeout(timer)
    }
  }
}
