import type { Anchor, AnchorSink } from './anchor-sink.ts'
import { chainPrefix, isAuthenticAnchor } from './audit-chain.ts'
import type { AuditFinding } from './audit-finding.ts'
import type { AuditKeys } from './audit-keys.ts'
import type { AuditSink, ChainHead } from './audit-sink.ts'
import { ChainCheck, chainEntries } from './chain-check.ts'
import { chainHeads } from './chain-heads.ts'

export interface VerifyAuditOptions {
  readonly sink: AuditSink
  readonly keys: AuditKeys
  readonly anchors?: AnchorSink | undefined
  /** Only the chains of this tenant. Default: all. */
  readonly tenantId?: string | undefined
}

/** What {@link verifyAudit} found. */
export interface AuditReport {
  /** Whether nothing is wrong, as far as can be told. */
  readonly intact: boolean
  readonly chains: readonly { readonly chain: string; readonly entries: number }[]
  /** How many entries were checked, over all chains. */
  readonly entries: number
  /** The first 1,000. */
  readonly findings: readonly AuditFinding[]
  readonly findingCount: number
  /** The number of the newest anchor, when every entry it knows of is there. */
  readonly completeToAnchor: number | undefined
  /** What the report cannot say. */
  readonly remarks: readonly string[]
}

const maxFindings = 1_000

/**
 * Checks every entry of the audit, a page at a time. Edits, gaps and reorderings are always found; entries cut off
 * the end of a chain only where the newest anchor knows of them.
 * @throws CredentialError STORAGE_UNAVAILABLE when the sink cannot be read
 */
export async function verifyAudit(options: VerifyAuditOptions): Promise<AuditReport> {
  // The anchor comes first: whatever it knows of must be in what is read after it.
  const anchor = await options.anchors?.latest()
  const verification = new Verification(options, anchor)
  for await (const head of chainHeads(options.sink, verification.prefix)) await verification.checkChain(head)
  verification.missChains()
  return verification.report()
}

class Verification {
  readonly prefix: string
  readonly #options: VerifyAuditOptions
  readonly #anchor: Anchor | undefined
  readonly #anchored = new Map<string, ChainHead>()
  readonly #chains: { chain: string; entries: number }[] = []
  readonly #findings: AuditFinding[] = []
  #findingCount = 0
  #holdsToAnchor: boolean

  constructor(options: VerifyAuditOptions, anchor: Anchor | undefined) {
    this.prefix = options.tenantId === undefined ? '' : chainPrefix(options.tenantId)
    this.#options = options
    this.#anchor = anchor
    this.#holdsToAnchor = anchor !== undefined && isAuthenticAnchor(anchor, options.keys)
    if (anchor === undefined) return
    if (!this.#holdsToAnchor) {
      this.#find({
        chain: '',
        sequence: anchor.number,
        kind: 'edited',
        detail: 'the newest anchor was changed',
      })
      return
    }
    for (const head of anchor.heads) {
      if (head.chain.startsWith(this.prefix)) this.#anchored.set(head.chain, head)
    }
  }

  async checkChain(head: ChainHead): Promise<void> {
    const { sink, keys } = this.#options
    const anchored = this.#anchored.get(head.chain)
    this.#anchored.delete(head.chain)
    const known = anchored === undefined ? [head] : [head, anchored]
    const check = new ChainCheck(head.chain, keys, known)
    const until = Math.max(...known.map(each => each.sequence))
    let entries = 0
    for await (const entry of chainEntries(sink, head.chain, until)) {
      entries += 1
      for (const finding of check.check(entry).findings) this.#find(finding, anchored)
    }
    this.#chains.push({ chain: head.chain, entries })
    if (check.lastSequence < until) this.#find(truncated(head.chain, check.lastSequence + 1, until), anchored)
    else if (anchored !== undefined && head.sequence < anchored.sequence) {
      this.#find(truncated(head.chain, head.sequence + 1, until), anchored)
    }
  }

  /** Counts as missing the chains that the anchor knows and the sink did not list. */
  missChains(): void {
    for (const head of this.#anchored.values()) this.#find(truncated(head.chain, 1, head.sequence), head)
  }

  report(): AuditReport {
    return {
      intact: this.#findingCount === 0,
      chains: this.#chains,
      entries: this.#chains.reduce((sum, { entries }) => sum + entries, 0),
      findings: this.#findings,
      findingCount: this.#findingCount,
      completeToAnchor: this.#holdsToAnchor ? this.#anchor?.number : undefined,
      remarks: this.#anchor === undefined ? [withoutAnchor(this.#options.anchors)] : [],
    }
  }

  #find(finding: AuditFinding, anchored?: ChainHead): void {
    this.#findingCount += 1
    if (this.#findings.length < maxFindings) this.#findings.push(finding)
    if (anchored !== undefined && finding.sequence <= anchored.sequence) this.#holdsToAnchor = false
  }
}

function truncated(chain: string, sequence: number, until: number): AuditFinding {
  return { chain, sequence, kind: 'truncated', detail: `entries up to ${until} are missing at the end` }
}

function withoutAnchor(anchors: AnchorSink | undefined): string {
  const why = anchors === undefined ? 'There is no anchor sink' : 'The anchor sink gave no anchor'
  return `${why}, so entries cut off the end of a chain, and whole chains removed, cannot be noticed.`
}
