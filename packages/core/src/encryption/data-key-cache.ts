import type { KeyObject } from 'node:crypto'
import type { Clock } from '../clock.ts'

interface Entry {
  readonly key: KeyObject
  readonly until: number
}

/** Unwrapped data keys by their wrapped bytes, bounded in number and age, with one unwrap in flight per key. */
export class DataKeyCache {
  readonly #maxEntries: number
  readonly #maxAgeMs: number
  readonly #clock: Clock
  readonly #entries = new Map<string, Entry>()
  readonly #loading = new Map<string, Promise<KeyObject>>()
  #generation = 0

  constructor(maxEntries: number, maxAgeMs: number, clock: Clock) {
    this.#maxEntries = maxEntries
    this.#maxAgeMs = maxAgeMs
    this.#clock = clock
  }

  get(wrapped: Uint8Array): KeyObject | undefined {
    const name = nameOf(wrapped)
    const entry = this.#entries.get(name)
    if (entry === undefined) return undefined
    this.#entries.delete(name)
    if (this.#clock.now() >= entry.until) return undefined
    this.#entries.set(name, entry)
    return entry.key
  }

  set(wrapped: Uint8Array, key: KeyObject): void {
    const name = nameOf(wrapped)
    this.#entries.delete(name)
    this.#entries.set(name, { key, until: this.#clock.now() + this.#maxAgeMs })
    if (this.#entries.size <= this.#maxEntries) return
    for (const leastRecent of this.#entries.keys()) {
      this.#entries.delete(leastRecent)
      return
    }
  }

  /** The key from `unwrap`, which concurrent callers share. A failure is not kept. */
  load(wrapped: Uint8Array, unwrap: () => Promise<KeyObject>): Promise<KeyObject> {
    const name = nameOf(wrapped)
    return this.#loading.get(name) ?? this.#begin(name, wrapped, unwrap)
  }

  /** Forgets all keys, and those whose unwrap is under way once it ends. */
  clear(): void {
    this.#generation += 1
    this.#entries.clear()
  }

  #begin(name: string, wrapped: Uint8Array, unwrap: () => Promise<KeyObject>): Promise<KeyObject> {
    const generation = this.#generation
    const loading = unwrap()
      .then(key => {
        if (generation === this.#generation) this.set(wrapped, key)
        return key
      })
      .finally(() => this.#loading.delete(name))
    this.#loading.set(name, loading)
    return loading
  }
}

function nameOf(wrapped: Uint8Array): string {
  return Buffer.from(wrapped.buffer, wrapped.byteOffset, wrapped.byteLength).toString('latin1')
}
