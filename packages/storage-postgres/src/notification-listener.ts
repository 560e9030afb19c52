import { randomBytes } from 'node:crypto'
import { CredentialError } from '@nebula-credential/core'
import { Client, type ClientConfig } from 'pg'
import { connectTimeout, driverError, statementTimeout } from './driver-errors.ts'
import { inTime } from './in-time.ts'
import { quoteIdentifier } from './options.ts'

export interface Subscriber {
  onPayload(payload: string): void
  /** Payloads may have been missed. */
  onGap(): void
}

export interface NotificationListenerOptions {
  readonly client: ClientConfig
  /** The server, for errors, without secrets. */
  readonly name: string
  readonly channel: string
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
  /** Sends a payload to the channel, over another connection. */
  readonly notify: (payload: string) => Promise<void>
}

const firstDelayMs = 100
const longestDelayMs = 10_000
const heartbeatMs = 10_000
const probePrefix = 'probe '

/**
 * Hears the notifications of one channel, on one connection of its own for all subscribers: open while there are any,
 * opened again with growing delays when it is lost. It does not keep the process alive.
 */
export class NotificationListener {
  readonly channel: string
  readonly #options: NotificationListenerOptions
  readonly #subscribers = new Set<Subscriber>()
  #client: Client | undefined
  #connecting: Promise<void> | undefined
  #isRetrying = false
  #hasMissed = false
  #stopHeartbeat: () => void = () => {}
  #onProbe: (payload: string) => void = () => {}

  constructor(options: NotificationListenerOptions) {
    this.channel = options.channel
    this.#options = options
  }

  /** Whether what is sent now will be heard, unless the connection breaks unnoticed. */
  get isListening(): boolean {
    return this.#client !== undefined
  }

  /** Adds a subscriber once it hears. @throws CredentialError STORAGE_UNAVAILABLE when it cannot */
  async subscribe(subscriber: Subscriber): Promise<void> {
    this.#subscribers.add(subscriber)
    try {
      await this.#listen()
    } catch (error) {
      await this.unsubscribe(subscriber)
      throw driverError(error, this.#options.name)
    }
  }

  /** Adds a subscriber that hears as soon as that is possible; see {@link isListening}. */
  add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber)
    if (this.#client === undefined) void this.#retry()
  }

  /** Does nothing to one that is not there. The connection closes after the last. */
  async unsubscribe(subscriber: Subscriber): Promise<void> {
    this.#subscribers.delete(subscriber)
    if (this.#subscribers.size === 0) await this.#hangUp()
  }

  #listen(): Promise<void> {
    if (this.#client !== undefined) return Promise.resolve()
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  async #connect(): Promise<void> {
    const { name, connectTimeoutMs, statementTimeoutMs } = this.#options
    const client = new Client({
      ...withPassword(this.#options.client),
      keepAlive: true,
      connectionTimeoutMillis: connectTimeoutMs,
    })
    client.on('error', () => this.#lose(client))
    client.on('end', () => this.#lose(client))
    client.on('notification', ({ payload = '' }) => this.#hear(payload))
    try {
      await inTime(client.connect(), connectTimeoutMs, () => connectTimeout(name, connectTimeoutMs))
      doNotKeepAlive(client)
      const listening = client.query(`LISTEN ${quoteIdentifier(this.channel)}`)
      await inTime(listening, statementTimeoutMs, () => statementTimeout(name, statementTimeoutMs))
      await this.#probe()
    } catch (error) {
      void client.end().catch(() => {})
      throw error
    }
    this.#client = client
    this.#stopHeartbeat = this.#startHeartbeat(client)
    if (this.#subscribers.size === 0) await this.#hangUp()
    if (this.#hasMissed) this.#reportGap()
    this.#hasMissed = false
  }

  // A pooler in transaction mode accepts LISTEN and then delivers nothing.
  async #probe(): Promise<void> {
    const { name, connectTimeoutMs, notify } = this.#options
    const probe = `${probePrefix}${randomBytes(8).toString('hex')}`
    const heard = new Promise<void>(resolve => {
      this.#onProbe = payload => {
        if (payload === probe) resolve()
      }
    })
    const deaf = () =>
      new CredentialError(
        'STORAGE_UNAVAILABLE',
        `${name} delivers no notifications. If a pooler in transaction mode stands before it, give the option listen an address of the server itself`,
      )
    await notify(probe)
    await inTime(heard, connectTimeoutMs, deaf)
  }

  #hear(payload: string): void {
    if (payload.startsWith(probePrefix)) this.#onProbe(payload)
    else for (const subscriber of [...this.#subscribers]) subscriber.onPayload(payload)
  }

  #reportGap(): void {
    for (const subscriber of [...this.#subscribers]) subscriber.onGap()
  }

  #lose(client: Client): void {
    if (this.#client !== client) return
    this.#client = undefined
    this.#stopHeartbeat()
    void client.end().catch(() => {})
    // Once now, for what is cached already, and once when it hears again, for what will be cached until then.
    this.#hasMissed = true
    this.#reportGap()
    void this.#retry()
  }

  async #retry(): Promise<void> {
    if (this.#isRetrying) return
    this.#isRetrying = true
    for (let attempt = 0; this.#subscribers.size > 0 && this.#client === undefined; attempt++) {
      if (attempt > 0 || this.#hasMissed) await delay(attempt)
      if (this.#subscribers.size > 0) await this.#listen().catch(() => {})
    }
    this.#isRetrying = false
  }

  // A connection whose other end vanished says nothing; a question makes it fail.
  #startHeartbeat(client: Client): () => void {
    const { name, statementTimeoutMs } = this.#options
    const timer = setInterval(() => {
      inTime(client.query('SELECT 1'), statementTimeoutMs, () =>
        statementTimeout(name, statementTimeoutMs),
      ).catch(() => this.#lose(client))
    }, heartbeatMs)
    timer.unref()
    return () => clearInterval(timer)
  }

  async #hangUp(): Promise<void> {
    const client = this.#client
    if (client === undefined) return
    this.#client = undefined
    this.#hasMissed = false
    this.#stopHeartbeat()
    const { name, connectTimeoutMs } = this.#options
    await inTime(client.end(), connectTimeoutMs, () => connectTimeout(name, connectTimeoutMs)).catch(() => {})
  }
}

/** Half to all of 100, 200, 400, ... and at most 10,000 ms. */
function delay(attempt: number): Promise<void> {
  const longest = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempt, 10))
  return new Promise(resolve => {
    setTimeout(resolve, longest * (0.5 + Math.random() / 2)).unref()
  })
}

// The pool hides its password from enumeration, and so from a copy.
function withPassword(config: ClientConfig): ClientConfig {
  return config.password === undefined ? config : { ...config, password: config.password }
}

function doNotKeepAlive(client: Client): void {
  const socket = client.connection.stream as { unref?: () => void }
  socket.unref?.()
}
