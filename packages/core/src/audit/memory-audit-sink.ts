import { CredentialError } from '../errors.ts'
import type { AuditEntry, AuditSink, ChainHead } from './audit-sink.ts'

/** The entries of all chains, by chain. Shared by the sinks of one "backend". */
export class MemoryAuditBackend {
  readonly chains = new Map<string, AuditEntry[]>()
}

/** An audit that lasts as long as its process: for tests, and for stores that last no longer. */
export class MemoryAuditSink implements AuditSink {
  readonly name = 'memory'
  readonly #backend: MemoryAuditBackend
  #isClosed = false

  constructor(backend: MemoryAuditBackend = new MemoryAuditBackend()) {
    this.#backend = backend
  }

  async head(chain: string): Promise<ChainHead | undefined> {
    this.#assertOpen()
    return this.#headOf(chain)
  }

  async append(chain: string, entries: readonly AuditEntry[], expectedSequence: number): Promise<void> {
    this.#assertOpen()
    if ((this.#headOf(chain)?.sequence ?? 0) !== expectedSequence) {
      throw new CredentialError(
        'VERSION_CONFLICT',
        `The audit chain ${JSON.stringify(chain)} does not end at ${expectedSequence}; read its head again`,
      )
    }
    const stored = this.#backend.chains.get(chain) ?? []
    for (const entry of entries) stored.push({ ...entry })
    if (stored.length > 0) this.#backend.chains.set(chain, stored)
  }

  async read(chain: string, fromSequence: number, limit: number): Promise<readonly AuditEntry[]> {
    this.#assertOpen()
    const stored = this.#backend.chains.get(chain) ?? []
    const start = firstFrom(stored, fromSequence)
    return stored.slice(start, start + limit)
  }

  async heads(prefix: string, limit: number, cursor?: string): Promise<readonly ChainHead[]> {
    this.#assertOpen()
    return [...this.#backend.chains.keys()]
      .filter(chain => chain.startsWith(prefix) && (cursor === undefined || chain > cursor))
      .sort()
      .slice(0, limit)
      .flatMap(chain => this.#headOf(chain) ?? [])
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #headOf(chain: string): ChainHead | undefined {
    const last = this.#backend.chains.get(chain)?.at(-1)
    return last && { chain, sequence: last.sequence, hash: last.hash }
  }

  #assertOpen(): void {
    if (this.#isClosed)
      throw new CredentialError('CLOSED', 'This memory audit sink was closed; make a new one')
  }
}

// Entries stand in order of their sequence, so the first is found by halving.
function firstFrom(entries: readonly AuditEntry[], sequence: number): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((entries[middle]?.sequence ?? 0) < sequence) low = middle + 1
    else high = middle
  }
  return low
}
