/**
 * Mutual exclusion between processes, for sparing work. What makes a refresh safe is the intent in the record.
 */
export interface DistributedLock {
  /**
   * Waits for the lock, woken by its release where the backend can notify.
   * @throws CredentialError LOCK_TIMEOUT after `options.waitMs`; STORAGE_UNAVAILABLE when the backend cannot be
   * reached; the signal's reason when it aborts first
   */
  acquire(key: string, options: AcquireOptions): Promise<Lease>
  /** The lock when it is free at once, otherwise undefined. */
  tryAcquire(key: string): Promise<Lease | undefined>
  /** Gives up what waits; leases that are held end with their time. Calling it again does nothing. */
  close(): Promise<void>
}

export interface AcquireOptions {
  /** How long to wait, in milliseconds. */
  readonly waitMs: number
  readonly signal?: AbortSignal | undefined
}

/** A held lock. It renews itself until released, and tells its holder when it was lost. */
export interface Lease extends AsyncDisposable {
  readonly key: string
  /** The random token that makes this lease its own: nobody else's release or renewal touches it. */
  readonly ownerToken: string
  /** Aborts with a CredentialError LOCK_LOST when the lease ran out or was taken before its release. */
  readonly signal: AbortSignal
  /** Releases this lease only. Never rejects: a lease that cannot be released ends with its time. */
  release(): Promise<void>
}

/** Timing of leases, for implementations. */
export interface LeaseTiming {
  /** How long a lease lasts without renewal, in milliseconds. Default 30,000. */
  readonly ttlMs: number
  /** How often it renews itself, in milliseconds. Default 10,000. */
  readonly renewEveryMs: number
}

export const defaultLeaseTiming: LeaseTiming = { ttlMs: 30_000, renewEveryMs: 10_000 }
