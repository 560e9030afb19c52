import type { LeaseTiming, StateStore } from '@nebula-credential/core'
import type { Harness } from '../contract-suite.ts'

/** Two stores, as two processes would open them, on one fresh backend. */
export interface StateStoreHarness extends Harness {
  readonly first: StateStore
  readonly second: StateStore
  /** Makes the backend unreachable for both stores. Without it those cases are skipped. */
  breakBackend?(): Promise<void>
  /** The timing of the leases that `lock()` hands out. Without a short one, cases on expiry are skipped. */
  readonly leaseTiming?: LeaseTiming | undefined
}

/** What a store may offer on its own backend. */
export type Companion = 'lock' | 'outbox' | 'audit' | 'invalidation'
