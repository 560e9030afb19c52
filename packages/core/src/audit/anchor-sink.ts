import type { ChainHead } from './audit-sink.ts'

/**
 * Keeps anchors outside the store: a file on another disk, a log, another system. Without one, entries cut off the
 * end of a chain cannot be noticed.
 */
export interface AnchorSink {
  append(anchor: Anchor): Promise<void>
  /** The newest anchor, or undefined. A sink that can only write returns undefined. */
  latest(): Promise<Anchor | undefined>
}

/** The heads of all chains at one moment, authenticated with the audit key. */
export interface Anchor {
  /** Starts at 1 and grows by 1. */
  readonly number: number
  /** Epoch ms. */
  readonly at: number
  readonly heads: readonly ChainHead[]
  readonly keyId: string
  /** The keyed hash over all of the above; lower-case hex. */
  readonly mac: string
}
