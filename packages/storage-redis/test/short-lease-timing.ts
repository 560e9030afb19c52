import type { LeaseTiming } from '@nebula-credential/core'

/** Short enough to wait for. */
export const shortLeaseTiming: LeaseTiming = { ttlMs: 400, renewEveryMs: 120 }
