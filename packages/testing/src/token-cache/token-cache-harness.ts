import type { TokenCache } from '@nebula-credential/core'
import type { Harness } from '../contract-suite.ts'

/** Two caches, as two processes would open them, on one fresh backend. */
export interface TokenCacheHarness extends Harness {
  readonly first: TokenCache
  readonly second: TokenCache
  /** The backend's time, in epoch ms. Default: the machine's. */
  now?(): number
  /** Lets the backend's time pass. Default: waits. */
  elapse?(ms: number): Promise<void>
  /** Makes the backend unreachable for both caches. Without it those cases are skipped. */
  breakBackend?(): Promise<void>
}
