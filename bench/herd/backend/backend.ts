import type { CredentialManagerBuilder } from '@nebula-credential/core'

/** A manager's builder that has its storage, and lacks its keys. */
export type StoredBuilder = CredentialManagerBuilder<'encryption'>

/** Where a herd keeps its credential: the lines of the builder, and what must run for them. */
export interface Backend {
  /** Makes an empty place that all processes can reach; its location is given to `connect` in each of them. */
  open(): Promise<{ readonly location: string; close(): Promise<void> }>
  /** The lines of the builder that differ between backends. */
  connect(location: string): StoredBuilder
}
