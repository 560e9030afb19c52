import type { Clock } from '../../clock.ts'
import type { AccessToken } from '../../credential/token-kind.ts'
import type { CredentialError } from '../../errors.ts'
import type { SealedFields } from '../../record/credential-record.ts'
import type { Context } from '../../record/scope.ts'

/**
 * One token in this process. Flat, because a cache hit touches this object and nothing else.
 */
export interface HotEntry {
  readonly token: AccessToken | undefined
  /** The token as a settled promise: handing it out again allocates nothing. */
  readonly promise: Promise<AccessToken> | undefined
  /** Why there is no token, while the credential rests. */
  readonly error: CredentialError | undefined
  readonly fields: HotFields
  /** The record's version; 0 where it is not known, so that any news drops the entry. */
  readonly version: number
  /** The context that was last found to be in scope: it needs no second check. */
  allowed: Context | undefined
  /** Until when `allowed` is answered without any further thought, in epoch ms. */
  freshUntil: number
  /** Until when the entry may be used at all, in epoch ms. */
  readonly staleAt: number
  readonly dueAt: number
  /** Reads by `allowed` that were not yet handed to the audit. */
  reads: number
  /** Whether the entry stands in the list of entries with reads to hand over. */
  queued: boolean
  /** Whether it was read since the clock hand last passed. */
  visited: boolean
}

/** What is kept of a record beside its token. */
export type HotFields = Pick<SealedFields, 'id' | 'type' | 'scope' | 'shares' | 'generation'>

/** One load of a credential. */
export interface LoadTicket {
  readonly loads: Loads
  /** Epoch ms: what the load brings may be as old as that. */
  readonly beganAt: number
}

/** The loads of one credential that began since it last changed. */
export interface Loads {
  readonly id: string
  running: number
  outdated: boolean
}

export interface HotCacheOptions {
  readonly maxEntries: number
  readonly clock: Clock
  /** Takes the reads that one context made of one credential. */
  readonly onReads: (entry: HotEntry, context: Context, count: number) => void
}

/**
 * The tokens of this process, bounded, with CLOCK eviction: a hit sets a mark instead of moving the entry.
 *
 * Keyed by credential id alone, because ids are unique across tenants; the tenant is part of the scope check that
 * every reader passes before an entry is his.
 */
export class HotCache {
  /** Read directly by the view's fast path. */
  readonly entries = new Map<string, HotEntry>()
  /** Entries with reads to hand over, each once. */
  readonly #touched: HotEntry[] = []
  readonly #loading = new Map<string, Loads>()
  readonly #options: HotCacheOptions

  constructor(options: HotCacheOptions) {
    this.#options = options
  }

  /** Marks the start of a load, so that its result is not kept when the credential changes meanwhile. */
  beginLoad(id: string): LoadTicket {
    const loads = this.#loading.get(id) ?? { id, running: 0, outdated: false }
    loads.running++
    this.#loading.set(id, loads)
    return { loads, beganAt: this.#options.clock.now() }
  }

  endLoad({ loads }: LoadTicket): void {
    if (--loads.running === 0 && this.#loading.get(loads.id) === loads) this.#loading.delete(loads.id)
  }

  /**
   * Keeps an entry, unless its load is outdated, a newer entry of the same credential stands, or nothing is kept at
   * all. Returns whether it did.
   */
  put(entry: HotEntry, ticket?: LoadTicket): boolean {
    const { entries } = this
    if (ticket?.loads.outdated || this.#options.maxEntries < 1) return false
    const standing = entries.get(entry.fields.id)
    if (standing !== undefined) {
      if (standing.version > entry.version && this.#options.clock.now() < standing.staleAt) return false
      this.#takeReads(standing)
      entries.delete(entry.fields.id)
    }
    while (entries.size >= this.#options.maxEntries) this.#evictOne()
    entries.set(entry.fields.id, entry)
    return true
  }

  /** Drops what is older than `version`. */
  invalidate(id: string, version: number): void {
    const loads = this.#loading.get(id)
    if (loads !== undefined) {
      loads.outdated = true
      this.#loading.delete(id)
    }
    const entry = this.entries.get(id)
    if (entry === undefined || entry.version >= version) return
    this.#takeReads(entry)
    this.entries.delete(id)
  }

  clear(): void {
    for (const loads of this.#loading.values()) loads.outdated = true
    this.#loading.clear()
    this.flushReads()
    this.entries.clear()
  }

  /** Counts a read by a context that was found to be in scope, and makes it the entry's fast one. */
  countRead(entry: HotEntry, context: Context): void {
    if (entry.allowed !== context) {
      this.#takeReads(entry)
      entry.allowed = context
    }
    entry.reads++
    if (!entry.queued) this.queueReads(entry)
  }

  /** Remembers that an entry has reads to hand over. */
  queueReads(entry: HotEntry): void {
    entry.queued = true
    // The list keeps evicted entries alive, and must not outgrow the cache that it serves.
    if (this.#touched.length >= 2 * this.#options.maxEntries) this.flushReads()
    this.#touched.push(entry)
  }

  /** Hands all counted reads to the audit. */
  flushReads(): void {
    for (const entry of this.#touched.splice(0)) {
      entry.queued = false
      entry.visited = true
      this.#takeReads(entry)
    }
  }

  #takeReads(entry: HotEntry): void {
    if (entry.reads === 0 || entry.allowed === undefined) return
    this.#options.onReads(entry, entry.allowed, entry.reads)
    entry.reads = 0
  }

  #evictOne(): void {
    const now = this.#options.clock.now()
    for (const [id, entry] of this.entries) {
      const keep = (entry.visited || entry.reads > 0) && now < entry.staleAt
      this.entries.delete(id)
      if (!keep) {
        this.#takeReads(entry)
        return
      }
      this.#takeReads(entry)
      entry.visited = false
      this.entries.set(id, entry)
    }
  }
}
