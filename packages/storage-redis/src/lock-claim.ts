import { randomUUID } from 'node:crypto'
import { type Lease, LeaseRenewal, type LeaseRenewalOptions, type LeaseTiming } from '@nebula-credential/core'
import { releaseLock } from './generated/release-lock.ts'
import { renewLock } from './generated/renew-lock.ts'
import { takeLock } from './generated/take-lock.ts'
import { leaseClock } from './lease-clock.ts'
import type { LockAttempt } from './lock-acquisition.ts'
import type { RedisConnection } from './redis-connection.ts'

// What lua/take-lock.lua answers besides the time that is left.
const taken = -2
const endless = -1
// How long a lock lasts that is handed over to a waiter, who may have died: until the waiter renews it, which is at once.
const longestHandoverMs = 2_000
// Redis forgets a key within a millisecond after its end.
const afterEndMs = 1

/**
 * What one caller does with one lock, from the first try to the release. One object for all of it, because a lock that
 * is free is taken and released so fast that every object more is seen in the time of the cycle.
 */
export class LockClaim implements LockAttempt, LeaseRenewalOptions {
  readonly key: string
  readonly ownerToken: string = newOwnerToken()
  readonly timing: LeaseTiming
  readonly clock = leaseClock
  acquiredAt = 0
  #looks = 0
  readonly #connection: RedisConnection
  readonly #closing: AbortSignal

  constructor(key: string, timing: LeaseTiming, connection: RedisConnection, closing: AbortSignal) {
    this.key = key
    this.timing = timing
    this.#connection = connection
    this.#closing = closing
  }

  get name(): string {
    return this.#connection.name
  }

  get channel(): string {
    return this.#connection.keys.lockReleases(this.key)
  }

  async takeFree(): Promise<Lease | undefined> {
    this.acquiredAt = this.clock.now()
    const reply = await this.#connection.call(() =>
      this.#connection.client.set(this.#lock, this.ownerToken, 'PX', this.timing.ttlMs, 'NX'),
    )
    return reply === 'OK' ? new LeaseRenewal(this) : undefined
  }

  async take(): Promise<Lease | number> {
    this.acquiredAt = this.clock.now()
    this.#looks++
    const args = [this.ownerToken, this.timing.ttlMs, this.#ticket]
    const answer = Number(await this.#connection.run(takeLock, [this.#lock], args))
    if (answer === taken) return new LeaseRenewal(this)
    return answer === endless ? Number.POSITIVE_INFINITY : answer + afterEndMs
  }

  /**
   * Nobody says when the lock was handed over, but it was after the last look, whose ticket the notification bears: so it
   * lasts at least as if it had been then. Where that is not long enough, another look finds it this caller's own.
   */
  accept(notification: string): Lease | undefined {
    if (notification !== this.#ticket) return undefined
    const endsAt = this.acquiredAt + this.#handoverMs
    if (endsAt - this.clock.now() < this.#handoverMs / 2) return undefined
    this.acquiredAt = endsAt - this.timing.ttlMs
    return new LeaseRenewal(this)
  }

  async renew(): Promise<boolean> {
    const args = [this.ownerToken, this.timing.ttlMs]
    return (await this.#connection.run(renewLock, [this.#lock], args)) === 1
  }

  release(): Promise<unknown> {
    const args = [this.ownerToken, this.channel, this.#handoverMs]
    return this.#connection.run(releaseLock, [this.#lock], args)
  }

  giveUp(): Promise<unknown> {
    return this.release()
  }

  isClosed(): boolean {
    return this.#closing.aborted
  }

  /** Of the last look alone, so that a late notification is not taken for a new one. */
  get #ticket(): string {
    return `${this.ownerToken}#${this.#looks}`
  }

  get #handoverMs(): number {
    return Math.min(this.timing.ttlMs, longestHandoverMs)
  }

  get #lock(): string {
    return this.#connection.keys.lock(this.key)
  }
}

/** A random token that makes a lease its own: 122 bits, of which Node keeps a supply. */
export function newOwnerToken(): string {
  return randomUUID()
}
