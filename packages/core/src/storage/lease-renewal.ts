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
  readonly release: () => Promise<unknown>
  /** Once true, the lease is no longer renewed and ends with its time. For `DistributedLock.close`. */
  readonly isClosed?: (() => boolean) | undefined
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined
}

const ranOut = 'its time ran out before it was renewed'

/**
 * A lease that renews itself on a timer. Its signal aborts with LOCK_LOST as soon as a renewal says that the lock is
 * another's, or when its time has run out without a successful renewal, whichever comes first; never after release.
 */
export class LeaseRenewal implements Lease {
  readonly key: string
  readonly ownerToken: string
  readonly #options: LeaseRenewalOptions
  readonly #clock: Clock
  #lost: CredentialError | undefined
  #controller: AbortController | undefined
  readonly #stopRenewing: () => void
  #stopDeadline: () => void = () => {}
  #endsAt = 0
  #renewing = false
  #released: Promise<void> | undefined

  constructor(options: LeaseRenewalOptions) {
    this.key = options.key
    this.ownerToken = options.ownerToken
    this.#options = options
    this.#clock = options.clock ?? systemClock
    const { ttlMs, renewEveryMs } = options.timing
    this.#endsAt = options.acquiredAt + ttlMs
    this.#stopRenewing = this.#clock.every(renewEveryMs, () => void this.#renew())
    // The end is watched from the first renewal on: most leases are released long before. One that would end before
    // that is renewed as soon as its holder has it.
    if (this.#endsAt - this.#clock.now() <= renewEveryMs) setImmediate(() => void this.#renew())
  }

  // Made when it is asked for: it would cost the cycle of a lock several per cent.
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#lost !== undefined) this.#controller.abort(this.#lost)
    }
    return this.#controller.signal
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
    if (this.#renewing || !this.#isHeld()) return
    this.#watchEnd()
    if (this.#options.isClosed?.()) return
    this.#renewing = true
    // Counted from before the request, so that this side never believes longer than the backend.
    const sentAt = this.#clock.now()
    try {
      const renewed = await this.#options.renew()
      if (!this.#isHeld()) return
      if (renewed) {
        this.#endsAt = sentAt + this.#options.timing.ttlMs
        this.#watchEnd()
      } else this.#lose('it was taken by another holder')
    } catch {
      // The next tick tries again; the deadline decides.
    } finally {
      this.#renewing = false
    }
  }

  #isHeld(): boolean {
    if (this.#released !== undefined || this.#lost !== undefined) return false
    if (this.#clock.now() < this.#endsAt) return true
    this.#lose(ranOut)
    return false
  }

  #watchEnd(): void {
    this.#stopDeadline()
    const remaining = Math.max(1, this.#endsAt - this.#clock.now())
    this.#stopDeadline = this.#clock.every(remaining, () => this.#lose(ranOut))
  }

  #lose(reason: string): void {
    this.#stop()
    this.#lost = new CredentialError('LOCK_LOST', `The lock was lost: ${reason}`)
    this.#controller?.abort(this.#lost)
  }

  #stop(): void {
    this.#stopRenewing()
    this.#stopDeadline()
  }
}
