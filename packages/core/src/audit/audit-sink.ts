/**
 * Keeps the audit's hash chains. It need not be trusted: an edited, missing or reordered entry breaks its chain.
 * Methods reject with STORAGE_UNAVAILABLE when the backend cannot be reached.
 */
export interface AuditSink {
  readonly name: string
  /** The newest entry of a chain, or undefined where the chain is empty. */
  head(chain: string): Promise<ChainHead | undefined>
  /**
   * Appends entries whose sequences follow `expectedSequence` (0 for an empty chain) and moves the chain's head with
   * them, in one atomic step.
   * @throws CredentialError VERSION_CONFLICT when the head is another
   */
  append(chain: string, entries: readonly AuditEntry[], expectedSequence: number): Promise<void>
  /** Entries of a chain from `fromSequence` on, in order, at most `limit`. */
  read(chain: string, fromSequence: number, limit: number): Promise<readonly AuditEntry[]>
  /** The heads of all chains whose name starts with `prefix`, ordered by name, after `cursor`, at most `limit`. */
  heads(prefix: string, limit: number, cursor?: string): Promise<readonly ChainHead[]>
  close(): Promise<void>
}

/** Entries that follow `expectedSequence` in a chain. */
export interface AuditAppend {
  readonly chain: string
  readonly entries: readonly AuditEntry[]
  readonly expectedSequence: number
}

export interface ChainHead {
  readonly chain: string
  /** The sequence of the newest entry; the first entry has 1. */
  readonly sequence: number
  /** Lower-case hex. */
  readonly hash: string
}

/** One event in its chain. */
export interface AuditEntry {
  readonly sequence: number
  /** The hash of the entry before, or of the chain's name for the first; lower-case hex. */
  readonly previousHash: string
  /** The keyed hash over chain, sequence, previous hash, key id and event; lower-case hex. */
  readonly hash: string
  readonly keyId: string
  /** The event as JSON, exactly as hashed. */
  readonly event: string
}
