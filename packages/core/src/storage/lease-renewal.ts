import { type Clock, systemClock } from '../clock.ts'
import { CredentialError } from '../errors.ts'
import type { Lease, LeaseTiming } from './distributed-lock.ts'

/** What a lock adapter supplies; the rest of a lease is the same for all of them. */
export interface LeaseRenewalOptions {
  readonly key: string
  readonly ownerToken: string
  readonly timing: LeaseTiming
  /** When the request that took the lock was sent, in epoch ms: from then on its time runs. */
  readonly acquiredAt: number
  /**
   * Prolongs the lock by `timing.ttlMs` if `ownerToken` still holds it, in one atomic step. False says that it does
   * not; a rejection says nothing, and the next tick tries again while there is time.
   */
  readonly renew: () => Promise<boolean>
  /** Releases the lock if `ownerToken` holds it, in one atomic step. */
  readonly release: () => Promise<void>
  /** Once true, the lease is no longer renewed and ends with its time. For `DistributedLock.close`. */
  readonly isClosed?: (() => boolean) | undefined
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined
}

/**
 * A lease that renews itself on a timer. Its signal aborts with LOCK_LOST as soon as a renewal says that the lock is
 * another's, or when its time has run out without a successful renewal, whichever comes first; never after release.
 */
export class LeaseRenewal implements Lease {
  readonly key: string
  readonly ownerToken: string
  readonly signal: AbortSignal
  readonly #options: LeaseRenewalOptions
  readonly #clock: Clock
  readonly #lost = new AbortController()
  readonly #stopRenewing: () => void
  #stopDeadline: () => void = () => {}
  #endsAt = 0
  #renewing = false
  #released: Promise<void> | undefined

  constructor(options: LeaseRenewalOptions) {
    this.key = options.key
    this.ownerToken = options.ownerToken
    this.signal = this.#lost.signal
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#lastUntil(options.acquiredAt + options.timing.ttlMs)
    this.#stopRenewing = this.#clock.every(options.timing.renewEveryMs, () => void this.#renew())
  }

  release(): Promise<void> {
    this.#released ??= this.#release()
    return this.#released
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release()
  }

  async #release(): Promise<void> {
    this.#stop()
    try {
      await this.#options.release()
    } catch {
      // The lock ends with its time.
    }
  }

  async #renew(): Promise<void> {
    if (this.#renewing || this.#options.isClosed?.()) return
    this.#renewing = true
    // Counted from before the request, so that this side never believes longer than the backend.
    const sentAt = this.#clock.now()
    try {
      const renewed = await this.#options.renew()
      if (!this.#isHeld()) return
      if (renewed) this.#lastUntil(sentAt + this.#options.timing.ttlMs)
      else this.#lose('it was taken by another holder')
    } catch {
      // The next tick tries again; the deadline decides.
    } finally {
      this.#renewing = false
    }
  }

  #isHeld(): boolean {
    if (this.#released !== undefined || this.signal.aborted) return false
    if (this.#clock.now() < this.#endsAt) return true
    this.#lose('its time ran out before it was renewed')
    return false
  }

  #lastUntil(endsAt: number): void {
    this.#endsAt = endsAt
    this.#stopDeadline()
    const remaining = Math.max(1, endsAt - this.#clock.now())
    this.#stopDeadline = this.#clock.every(remaining, () =>
      this.#lose('its time ran out before it was renewed'),
    )
  }

  #lose(reason: string): void {
    this.#stop()
    this.#lost.abort(new CredentialError('LOCK_LOST', `The lock was lost: ${reason}`))
  }

  #stop(): void {
    this.#stopRenewing()
    this.#stopDeadline()
  }
}
