import { CredentialError, OpenState, type Outbox, type OutboxEntry } from '@nebula-credential/core'
import { assertDurable } from './durability.ts'
import type { RedisClient, RedisStoreOptions } from './options.ts'
import { RedisConnection } from './redis-connection.ts'
import { ServerCheck } from './server-check.ts'

export type RedisOutboxOptions = Pick<
  RedisStoreOptions,
  'keyPrefix' | 'commandTimeoutMs' | 'dangerouslyVolatile'
>

const entryFormat = 1

/**
 * An outbox in Redis, as durable as its append-only file: with `appendfsync everysec` a crash of the machine may lose
 * the last second. Refuses servers without one. Best put on another server than the state.
 */
export class RedisOutbox implements Outbox {
  readonly name: string
  readonly #connection: RedisConnection
  readonly #state: OpenState
  readonly #server: ServerCheck

  /**
   * @param client A client of yours, which stays open, or a URL, for a connection that `close()` closes
   * @throws CredentialError CONFIG_INVALID
   */
  constructor(client: RedisClient | string, options?: RedisOutboxOptions)
  /** @internal */
  constructor(client: RedisConnection, options?: RedisOutboxOptions)
  constructor(client: RedisClient | string | RedisConnection, options: RedisOutboxOptions = {}) {
    this.#connection = RedisConnection.usedBy(client, options)
    this.name = this.#connection.name
    this.#state = new OpenState(`outbox ${this.name}`)
    this.#server = new ServerCheck(this.#connection, async () => {
      if (!options.dangerouslyVolatile) await assertDurable(this.#connection)
    })
  }

  async put(entry: OutboxEntry): Promise<void> {
    await this.#ready()
    const { client, keys } = this.#connection
    await this.#connection.call(() => client.hset(keys.outbox(entry), entry.attemptId, encode(entry)))
  }

  async list(tenantId: string, id: string): Promise<readonly OutboxEntry[]> {
    await this.#ready()
    const { client, keys } = this.#connection
    const key = { tenantId, id }
    const stored = await this.#connection.call(() => client.hgetall(keys.outbox(key)))
    return Object.entries(stored)
      .map(([attemptId, text]) => decode({ ...key, attemptId }, text))
      .sort((left, right) => left.createdAt - right.createdAt)
  }

  async remove(tenantId: string, id: string, attemptId: string): Promise<void> {
    await this.#ready()
    const { client, keys } = this.#connection
    await this.#connection.call(() => client.hdel(keys.outbox({ tenantId, id }), attemptId))
  }

  async close(): Promise<void> {
    if (this.#state.closed) return
    this.#state.close()
    this.#connection.leave()
  }

  async #ready(): Promise<void> {
    this.#state.assertOpen()
    await this.#server.passed()
  }
}

function encode({ generation, createdAt, sealed }: OutboxEntry): string {
  return JSON.stringify([entryFormat, generation, createdAt, Buffer.from(sealed).toString('base64')])
}

function decode(key: Pick<OutboxEntry, 'tenantId' | 'id' | 'attemptId'>, text: string): OutboxEntry {
  const [format, generation, createdAt, sealed] = parse(text)
  if (format !== entryFormat || typeof sealed !== 'string') {
    throw new CredentialError(
      'SCHEMA_MISMATCH',
      `An outbox entry of credential ${key.id} was not written by this release of @nebula-credential/storage-redis; upgrade it`,
      { credentialId: key.id },
    )
  }
  return {
    ...key,
    generation: Number(generation),
    createdAt: Number(createdAt),
    sealed: new Uint8Array(Buffer.from(sealed, 'base64')),
  }
}

function parse(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
