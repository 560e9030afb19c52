import type { Clock } from '../clock.ts'
import { CredentialError, isCredentialError } from '../errors.ts'
import type { Anchor, AnchorSink } from './anchor-sink.ts'
import { isAuthenticAnchor, newAnchor } from './audit-chain.ts'
import type { AuditKeys } from './audit-keys.ts'
import type { AuditSink, ChainHead } from './audit-sink.ts'
import { chainHeads } from './chain-heads.ts'

export interface AnchorWriterOptions {
  readonly sink: AuditSink
  readonly anchors: AnchorSink
  readonly keys: AuditKeys
  readonly clock: Clock
  /** The newest entries that this process itself wrote. */
  readonly knownHeads: () => Iterable<ChainHead>
}

const maxConflicts = 10

/** Writes anchors: the highest head of every chain seen by the last anchor, by the sink, or by this process. */
export class AnchorWriter {
  readonly #options: AnchorWriterOptions
  #last: Anchor | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(options: AnchorWriterOptions) {
    this.#options = options
  }

  /**
   * Appends an anchor when a head has moved since the last one.
   * @throws CredentialError AUDIT_BROKEN when the last anchor was changed
   */
  write(): Promise<void> {
    const writing = this.#writing.then(() => this.#writeNext())
    this.#writing = writing.catch(() => undefined)
    return writing
  }

  async #writeNext(): Promise<void> {
    const { anchors, clock, keys } = this.#options
    for (let conflicts = 0; conflicts < maxConflicts; conflicts++) {
      const previous = await this.#previous()
      const heads = await this.#heads(previous)
      if (!hasMoved(heads, previous)) return
      const anchor = newAnchor((previous?.number ?? 0) + 1, clock.now(), heads, keys)
      try {
        await anchors.append(anchor)
      } catch (error) {
        if (isCredentialError(error, 'VERSION_CONFLICT')) continue
        throw error
      }
      this.#last = anchor
      return
    }
    throw new CredentialError('STORAGE_UNAVAILABLE', 'Other processes kept writing anchors; try again')
  }

  async #previous(): Promise<Anchor | undefined> {
    const latest = await this.#options.anchors.latest()
    if (latest === undefined) return this.#last
    if (!isAuthenticAnchor(latest, this.#options.keys)) {
      throw new CredentialError(
        'AUDIT_BROKEN',
        `Anchor ${latest.number} was changed, or made with an audit key that is not this store's. ` +
          'Keep one anchor sink per store, and verify the audit',
      )
    }
    return this.#last !== undefined && this.#last.number > latest.number ? this.#last : latest
  }

  // The sink is not trusted: a head it lowers since the last anchor must not become the new truth.
  async #heads(previous: Anchor | undefined): Promise<ChainHead[]> {
    const highest = new Map<string, ChainHead>()
    const take = (head: ChainHead) => {
      if (head.sequence > (highest.get(head.chain)?.sequence ?? 0)) highest.set(head.chain, head)
    }
    for (const head of previous?.heads ?? []) take(head)
    for (const head of this.#options.knownHeads()) take(head)
    for await (const { chain, sequence, hash } of chainHeads(this.#options.sink, '')) {
      take({ chain, sequence, hash })
    }
    return [...highest.values()].sort((a, b) => (a.chain < b.chain ? -1 : 1))
  }
}

function hasMoved(heads: readonly ChainHead[], previous: Anchor | undefined): boolean {
  const before = new Map(previous?.heads.map(head => [head.chain, head.sequence]))
  return heads.some(head => head.sequence !== before.get(head.chain))
}
