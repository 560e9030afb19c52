/** How long a lock's leases last here, so that nobody waits long for a killed process. Defaults: 30 s and 10 s. */
export const shortLeases = { ttlMs: 3_000, renewEveryMs: 1_000 }
