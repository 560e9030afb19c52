import type { LeaseTiming } from '@nebula-credential/core'

/** Short enough to wait for, and long enough that a busy machine renews in time. */
export const shortLeaseTiming: LeaseTiming = { ttlMs: 1_000, renewEveryMs: 100 }
