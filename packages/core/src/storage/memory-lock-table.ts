import type { Clock } from '../clock.ts'

interface HeldLock {
  ownerToken: string
  /** Epoch ms. */
  expiresAt: number
  readonly waiters: LockWaiter[]
  /** Stops the timer that hands the lock on when it expires; it runs only while somebody waits. */
  stopExpiryTimer?: (() => void) | undefined
}

/** Somebody who waits for a lock. Granted ones hold it from the moment `onGranted` is called. */
export interface LockWaiter {
  readonly ownerToken: string
  readonly ttlMs: number
  readonly onGranted: () => void
}

/** The locks of one memory backend: who holds each, until when, and who waits for it, in order. */
export class MemoryLockTable {
  readonly #clock: Clock
  readonly #locks = new Map<string, HeldLock>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Takes a lock that nobody holds and nobody waits for. */
  take(key: string, ownerToken: string, ttlMs: number): boolean {
    const held = this.#locks.get(key)
    if (held !== undefined && (held.waiters.length > 0 || !this.#hasExpired(held))) return false
    this.#locks.set(key, { ownerToken, expiresAt: this.#clock.now() + ttlMs, waiters: [] })
    return true
  }

  /** Takes the lock, or queues for it. */
  takeInTurn(key: string, waiter: LockWaiter): void {
    if (this.take(key, waiter.ownerToken, waiter.ttlMs)) {
      waiter.onGranted()
      return
    }
    const held = this.#locks.get(key) as HeldLock
    held.waiters.push(waiter)
    if (held.waiters.length === 1) this.#watchExpiry(key, held)
  }

  /** Takes a waiter out of the queue; does nothing to one that was granted. */
  leave(key: string, waiter: LockWaiter): void {
    const held = this.#locks.get(key)
    const position = held?.waiters.indexOf(waiter) ?? -1
    if (held === undefined || position < 0) return
    held.waiters.splice(position, 1)
    if (held.waiters.length === 0) held.stopExpiryTimer?.()
  }

  /** Prolongs an owner's lock, unless it has expired or is another's. */
  renew(key: string, ownerToken: string, ttlMs: number): boolean {
    const held = this.#locks.get(key)
    if (held?.ownerToken !== ownerToken || this.#hasExpired(held)) return false
    held.expiresAt = this.#clock.now() + ttlMs
    return true
  }

  /** Releases an owner's lock to the first waiter; does nothing to another's lock. */
  release(key: string, ownerToken: string): void {
    const held = this.#locks.get(key)
    if (held?.ownerToken === ownerToken) this.#handOn(key, held)
  }

  #handOn(key: string, held: HeldLock): void {
    held.stopExpiryTimer?.()
    const next = held.waiters.shift()
    if (next === undefined) {
      this.#locks.delete(key)
      return
    }
    held.ownerToken = next.ownerToken
    held.expiresAt = this.#clock.now() + next.ttlMs
    if (held.waiters.length > 0) this.#watchExpiry(key, held)
    next.onGranted()
  }

  // The timer may find that the lease was renewed: then it waits for the new end.
  #watchExpiry(key: string, held: HeldLock): void {
    held.stopExpiryTimer?.()
    held.stopExpiryTimer = this.#clock.every(Math.max(1, held.expiresAt - this.#clock.now()), () => {
      held.stopExpiryTimer?.()
      if (this.#hasExpired(held)) this.#handOn(key, held)
      else this.#watchExpiry(key, held)
    })
  }

  #hasExpired(held: HeldLock): boolean {
    return held.expiresAt <= this.#clock.now()
  }
}
