import { emptyHead, isAuthentic } from './audit-chain.ts'
import type { AuditFinding, AuditFindingKind } from './audit-finding.ts'
import type { AuditKeys } from './audit-keys.ts'
import type { AuditEntry, AuditSink, ChainHead } from './audit-sink.ts'
import { decodeEvent, type RecordedEvent } from './event-text.ts'

const hashPattern = /^[0-9a-f]{64}$/
const pageSize = 500

/** Checks the entries of one chain, given one after the other. */
export class ChainCheck {
  readonly #chain: string
  readonly #keys: AuditKeys
  #expected = 1
  /** The hash that the next entry must name; undefined after an entry that cannot be trusted to be the right one. */
  #previousHash: string | undefined
  /** The heads that must be found on the way. */
  readonly #known: readonly ChainHead[]

  constructor(chain: string, keys: AuditKeys, known: readonly ChainHead[] = []) {
    this.#chain = chain
    this.#keys = keys
    this.#previousHash = emptyHead(chain).hash
    this.#known = known
  }

  /** The highest sequence seen so far, or 0. */
  get lastSequence(): number {
    return this.#expected - 1
  }

  /** The event of an entry, or what is wrong with it. */
  check(entry: AuditEntry): { event?: RecordedEvent; findings: AuditFinding[] } {
    if (!isWellFormed(entry)) {
      const sequence = Number.isSafeInteger(entry?.sequence) ? entry.sequence : this.#expected
      return {
        findings: [this.#pass(sequence, undefined, 'malformed', 'it lacks the fields of an audit entry')],
      }
    }
    if (entry.sequence < this.#expected) {
      return {
        findings: [this.#finding(entry.sequence, 'reordered', 'it stands behind a later entry, or twice')],
      }
    }
    const findings: AuditFinding[] = []
    if (entry.sequence > this.#expected) {
      findings.push(this.#gapBefore(entry.sequence))
      this.#previousHash = undefined
    }
    const wrong = this.#wrongWith(entry)
    if (wrong !== undefined) {
      findings.push(this.#pass(entry.sequence, undefined, ...wrong))
      return { findings }
    }
    const decoded = decodeEvent(entry.event)
    if (decoded === undefined) {
      findings.push(this.#pass(entry.sequence, entry.hash, 'malformed', 'its text is not an event'))
      return { findings }
    }
    this.#advance(entry.sequence, entry.hash)
    const event = { chain: this.#chain, sequence: entry.sequence, ...decoded }
    return { event, findings }
  }

  #wrongWith(entry: AuditEntry): [AuditFindingKind, string] | undefined {
    if (!this.#keys.has(entry.keyId)) return ['unknown_key', 'it was hashed with a key that is not here']
    if (!isAuthentic(this.#chain, entry, this.#keys)) return ['edited', 'its keyed hash is wrong']
    if (this.#previousHash !== undefined && this.#previousHash !== entry.previousHash) {
      return ['reordered', 'it follows another entry than the one before it']
    }
    if (this.#known.some(head => head.sequence === entry.sequence && head.hash !== entry.hash)) {
      return ['edited', 'it is another entry than the head or the anchor says']
    }
    return undefined
  }

  #gapBefore(sequence: number): AuditFinding {
    const missing = sequence - this.#expected
    return this.#finding(this.#expected, 'gap', `${missing} entries are missing from here on`)
  }

  #pass(sequence: number, hash: string | undefined, kind: AuditFindingKind, detail: string): AuditFinding {
    this.#advance(sequence, hash)
    return this.#finding(sequence, kind, detail)
  }

  #advance(sequence: number, hash: string | undefined): void {
    this.#expected = Math.max(this.#expected, sequence) + 1
    this.#previousHash = hash
  }

  #finding(sequence: number, kind: AuditFindingKind, detail: string): AuditFinding {
    return { chain: this.#chain, sequence, kind, detail }
  }
}

/** The entries of a chain, a page at a time, up to at least `until`. */
export async function* chainEntries(
  sink: AuditSink,
  chain: string,
  until: number,
): AsyncGenerator<AuditEntry> {
  let from = 1
  while (from <= until) {
    const page = await sink.read(chain, from, pageSize)
    yield* page
    const next = page.reduce((highest, entry) => Math.max(highest, Number(entry?.sequence) || 0), 0) + 1
    // A sink that does not get on would keep the reader for ever.
    if (next <= from) return
    from = next
  }
}

function isWellFormed(entry: AuditEntry): boolean {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    Number.isSafeInteger(entry.sequence) &&
    entry.sequence > 0 &&
    typeof entry.event === 'string' &&
    typeof entry.keyId === 'string' &&
    hashPattern.test(entry.hash) &&
    hashPattern.test(entry.previousHash)
  )
}
