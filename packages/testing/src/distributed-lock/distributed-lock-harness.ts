import type { DistributedLock, Lease, LeaseTiming } from '@nebula-credential/core'
import type { Harness } from '../contract-suite.ts'

/** Two locks, as two processes would open them, on one fresh backend. */
export interface DistributedLockHarness extends Harness {
  readonly first: DistributedLock
  readonly second: DistributedLock
  /**
   * The timing both were opened with, short enough to wait for, and long enough that a busy machine renews in time:
   * `{ ttlMs: 1_000, renewEveryMs: 100 }`. Without it, or with a ttl above 2 s, cases on renewal and expiry are skipped.
   */
  readonly timing?: LeaseTiming | undefined
  /** Takes the lock away from its holder behind its back, as an operator who deletes a row would. */
  loseLease?(lease: Lease): Promise<void>
  /** Makes the backend unreachable for both locks. Without it those cases are skipped. */
  breakBackend?(): Promise<void>
}

const longestTtlMs = 2_000

/** Why a harness cannot show what happens when a lease runs out. */
export function skipWithoutShortLeases(harness: DistributedLockHarness): string | undefined {
  const short = harness.timing !== undefined && harness.timing.ttlMs <= longestTtlMs
  return short ? undefined : 'the harness opens no short leases'
}
