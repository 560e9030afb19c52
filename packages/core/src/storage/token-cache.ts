import type { SealedFields } from '../record/credential-record.ts'
import type { Invalidation } from './invalidation.ts'

/**
 * A cache of sealed tokens between the process and the store, shared between processes or not.
 * Like a store it is untrusted: entries are sealed, and their fields in clear are authenticated by the seal.
 */
export interface TokenCache {
  /** The entry under a key, or undefined where there is none, it has expired, or a tombstone stands. */
  get(key: string): Promise<CachedToken | undefined>
  /**
   * Stores an entry until `entry.expiresAt`, in one atomic step. It loses, and resolves to false, when the cache
   * holds an entry of a higher version or a tombstone of a higher version than `version`.
   */
  set(key: string, entry: CachedToken, version: number): Promise<boolean>
  /**
   * Writes a tombstone: entries below `version` are gone, and lose for `ttlMs` milliseconds.
   * Never lowers a tombstone that stands.
   */
  invalidate(key: string, version: number, ttlMs: number): Promise<void>
  /** Closes what the cache opened itself. Calling it again does nothing. */
  close(): Promise<void>

  /** A way to tell other processes of changes on the same backend, used where the store has none. */
  invalidation?(): Invalidation
}

/** A sealed token, with what its seal authenticates. */
export interface CachedToken {
  readonly fields: SealedFields
  readonly sealed: Uint8Array
  /** Epoch ms at which the cache forgets the entry. */
  readonly expiresAt: number
}
