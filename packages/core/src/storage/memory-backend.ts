import { MemoryAuditBackend } from '../audit/memory-audit-sink.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { CredentialRecord } from '../record/credential-record.ts'
import type { InvalidationMessage } from './invalidation.ts'
import { MemoryLockTable } from './memory-lock-table.ts'
import type { OutboxEntry } from './outbox.ts'
import type { StoredHeader } from './state-store.ts'
import type { CachedToken } from './token-cache.ts'

export interface MemoryBackendOptions {
  /** The backend's own time. Default: the machine's clock. */
  readonly clock?: Clock | undefined
}

/** What a tombstone forbids: entries below `version`, until `until` (epoch ms). */
export interface Tombstone {
  readonly version: number
  readonly until: number
}

export interface Listener {
  readonly onMessage: (message: InvalidationMessage) => void
}

/**
 * The "server" of the in-memory adapters: adapters that are given the same backend see the same data, as two
 * processes on one database do. It holds isolated copies; adapters copy what they put in and what they hand out.
 */
export class MemoryBackend {
  readonly clock: Clock
  header: StoredHeader | undefined
  /** By `credentialKey`. */
  readonly records = new Map<string, CredentialRecord>()
  /** By cache key, the least recently used first. */
  readonly tokens = new Map<string, { readonly entry: CachedToken; readonly version: number }>()
  readonly tombstones = new Map<string, Tombstone>()
  readonly locks: MemoryLockTable
  /** By `credentialKey`, then by attempt. */
  readonly outbox = new Map<string, Map<string, OutboxEntry>>()
  readonly audit = new MemoryAuditBackend()
  readonly listeners = new Set<Listener>()

  constructor(options: MemoryBackendOptions = {}) {
    this.clock = options.clock ?? systemClock
    this.locks = new MemoryLockTable(this.clock)
  }
}
