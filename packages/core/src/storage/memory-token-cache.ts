import type { Invalidation } from './invalidation.ts'
import { MemoryBackend } from './memory-backend.ts'
import { MemoryInvalidation } from './memory-invalidation.ts'
import { OpenState } from './open-state.ts'
import type { CachedToken, TokenCache } from './token-cache.ts'

export interface MemoryTokenCacheOptions {
  /** How many entries are kept; the least recently used leave first. Default 10,000. */
  readonly maxEntries?: number | undefined
}

/**
 * A cache in this process's memory. Caches that are given the same backend share its entries. Tombstones do not count
 * towards the bound: they leave with their time, never before it.
 */
export class MemoryTokenCache implements TokenCache {
  readonly #backend: MemoryBackend
  readonly #maxEntries: number
  readonly #state = new OpenState('memory token cache')

  constructor(backend: MemoryBackend = new MemoryBackend(), options: MemoryTokenCacheOptions = {}) {
    this.#backend = backend
    this.#maxEntries = options.maxEntries ?? 10_000
  }

  async get(key: string): Promise<CachedToken | undefined> {
    this.#state.assertOpen()
    const held = this.#live(key)
    if (held === undefined) return undefined
    this.#backend.tokens.delete(key)
    this.#backend.tokens.set(key, held)
    return isolate(held.entry)
  }

  async set(key: string, entry: CachedToken, version: number): Promise<boolean> {
    this.#state.assertOpen()
    const held = this.#live(key)
    if (held !== undefined && held.version > version) return false
    if (this.#forbiddenBelow(key) > version) return false
    this.#backend.tokens.delete(key)
    this.#backend.tokens.set(key, { entry: isolate(entry), version })
    this.#evict()
    return true
  }

  async invalidate(key: string, version: number, ttlMs: number): Promise<void> {
    this.#state.assertOpen()
    this.#sweepTombstones()
    const standing = this.#backend.tombstones.get(key)
    const until = this.#backend.clock.now() + ttlMs
    this.#backend.tombstones.delete(key)
    this.#backend.tombstones.set(key, {
      version: Math.max(version, standing?.version ?? version),
      until: Math.max(until, standing?.until ?? until),
    })
    const held = this.#backend.tokens.get(key)
    if (held !== undefined && held.version < version) this.#backend.tokens.delete(key)
  }

  async close(): Promise<void> {
    this.#state.close()
  }

  invalidation(): Invalidation {
    return new MemoryInvalidation(this.#backend)
  }

  #live(key: string) {
    const held = this.#backend.tokens.get(key)
    if (held === undefined || held.entry.expiresAt > this.#backend.clock.now()) return held
    this.#backend.tokens.delete(key)
    return undefined
  }

  #forbiddenBelow(key: string): number {
    const tombstone = this.#backend.tombstones.get(key)
    return tombstone !== undefined && tombstone.until > this.#backend.clock.now() ? tombstone.version : 0
  }

  #evict(): void {
    for (const key of this.#backend.tokens.keys()) {
      if (this.#backend.tokens.size <= this.#maxEntries) return
      this.#backend.tokens.delete(key)
    }
  }

  // They stand in the order they were written, so with one ttl the expired ones come first.
  #sweepTombstones(): void {
    const now = this.#backend.clock.now()
    for (const [key, tombstone] of this.#backend.tombstones) {
      if (tombstone.until > now) return
      this.#backend.tombstones.delete(key)
    }
  }
}

function isolate(entry: CachedToken): CachedToken {
  return {
    fields: structuredClone(entry.fields),
    sealed: new Uint8Array(entry.sealed),
    expiresAt: entry.expiresAt,
  }
}
