import { type CachedToken, type Invalidation, OpenState, type TokenCache } from '@nebula-credential/core'
import { invalidateToken } from './generated/invalidate-token.ts'
import { setToken } from './generated/set-token.ts'
import { RedisInvalidation } from './invalidation.ts'
import type { RedisClient, RedisOptions } from './options.ts'
import { RedisConnection } from './redis-connection.ts'

/**
 * A cache of sealed tokens in Redis, shared by all processes. Versions and tombstones are compared by the script that
 * writes. Needs no append-only file and may evict: what is lost is read from the store again. Entries expire by the
 * server's clock.
 */
export class RedisTokenCache implements TokenCache {
  readonly #connection: RedisConnection
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
    this.#state = new OpenState(`token cache ${this.#connection.name}`)
  }

  async get(key: string): Promise<CachedToken | undefined> {
    this.#state.assertOpen()
    const { client, keys } = this.#connection
    const [fields, sealed, expiresAt] = await this.#connection.call(() =>
      client.hmgetBuffer(keys.token(key), 'fields', 'sealed', 'expiresAt'),
    )
    if (!fields || !sealed || !expiresAt) return undefined
    const parsed = parseFields(fields)
    if (parsed === undefined) return undefined
    return { fields: parsed, sealed: new Uint8Array(sealed), expiresAt: Number(expiresAt.toString()) }
  }

  async set(key: string, entry: CachedToken, version: number): Promise<boolean> {
    this.#state.assertOpen()
    const stored = await this.#connection.run(setToken, this.#keys(key), [
      ...[version, Math.floor(entry.expiresAt), JSON.stringify(entry.fields), Buffer.from(entry.sealed)],
    ])
    return stored === 1
  }

  async invalidate(key: string, version: number, ttlMs: number): Promise<void> {
    this.#state.assertOpen()
    await this.#connection.run(invalidateToken, this.#keys(key), [version, Math.max(1, Math.ceil(ttlMs))])
  }

  async close(): Promise<void> {
    if (this.#state.closed) return
    this.#state.close()
    this.#connection.leave()
  }

  /** Tells processes whose store cannot: those on an SQLite file. */
  invalidation(): Invalidation {
    return new RedisInvalidation(this.#connection)
  }

  #keys(key: string): string[] {
    const { keys } = this.#connection
    return [keys.token(key), keys.tombstone(key)]
  }
}

// What is not understood is not in the cache.
function parseFields(json: Buffer): CachedToken['fields'] | undefined {
  try {
    return JSON.parse(json.toString()) as CachedToken['fields']
  } catch {
    return undefined
  }
}
