import { CredentialError } from '../errors.ts'
import { assertFollows } from './audit-append.ts'
import type { AuditAppend, AuditEntry, AuditSink, ChainHead } from './audit-sink.ts'

/** The entries of all chains, by chain. Shared by the sinks of one "backend". */
export class MemoryAuditBackend {
  readonly chains = new Map<string, AuditEntry[]>()

  head(chain: string): ChainHead | undefined {
    const last = this.chains.get(chain)?.at(-1)
    return last && { chain, sequence: last.sequence, hash: last.hash }
  }

  /**
   * Makes `change` and appends, where the chain ends at `expectedSequence`; else nothing happens, and the answer is false.
   * @throws CredentialError INPUT_INVALID; what `change` throws, and then nothing is appended
   */
  append({ chain, entries, expectedSequence }: AuditAppend, change: () => void = () => {}): boolean {
    assertFollows({ chain, entries, expectedSequence })
    if ((this.head(chain)?.sequence ?? 0) !== expectedSequence) return false
    change()
    const stored = this.chains.get(chain) ?? []
    for (const entry of entries) stored.push({ ...entry })
    if (stored.length > 0) this.chains.set(chain, stored)
    return true
  }
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
    return this.#backend.head(chain)
  }

  async append(chain: string, entries: readonly AuditEntry[], expectedSequence: number): Promise<void> {
    this.#assertOpen()
    if (this.#backend.append({ chain, entries, expectedSequence })) return
    throw new CredentialError(
      'VERSION_CONFLICT',
      `The audit chain ${JSON.stringify(chain)} does not end at ${expectedSequence}; read its head again`,
    )
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
      .flatMap(chain => this.#backend.head(chain) ?? [])
  }

  async close(): Promise<void> {
    this.#isClosed = true
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
