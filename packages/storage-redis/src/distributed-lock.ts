import { randomUUID } from 'node:crypto'
import {
  type AcquireOptions,
  CredentialError,
  type DistributedLock,
  type Lease,
  LeaseRenewal,
  type LeaseTiming,
} from '@nebula-credential/core'
import { releaseLock } from './generated/release-lock.ts'
import { renewLock } from './generated/renew-lock.ts'
import { takeLock } from './generated/take-lock.ts'
import { leaseClock } from './lease-clock.ts'
import { acquireLock, type LockAttempt, tryAcquireLock } from './lock-acquisition.ts'
import { LockQueue } from './lock-queue.ts'
import { leaseTiming, type RedisClient, type RedisLockOptions } from './options.ts'
import { RedisConnection } from './redis-connection.ts'

// What lua/take-lock.lua answers besides the time that is left.
const taken = -2
const endless = -1
// Redis forgets a key within a millisecond after its end.
const afterEndMs = 1

/**
 * A lock between all processes on one Redis; leases run by the server's clock. A free lock costs one round trip.
 * Waiters are woken by notification, and by the end of a lease that nobody released.
 *
 * **A fail-over to a replica that has not heard of a lock gives it to two holders.** The first one loses it, and is
 * told by its signal, at its next renewal.
 */
export class RedisDistributedLock implements DistributedLock {
  readonly #connection: RedisConnection
  readonly #timing: LeaseTiming
  readonly #queue: LockQueue
  readonly #closing = new AbortController()

  /**
   * @param client A client of yours, which stays open, or a URL, for a connection that `close()` closes
   * @throws CredentialError CONFIG_INVALID
   */
  constructor(client: RedisClient | string, options?: RedisLockOptions)
  /** @internal */
  constructor(client: RedisConnection, options?: RedisLockOptions)
  constructor(client: RedisClient | string | RedisConnection, options: RedisLockOptions = {}) {
    this.#timing = leaseTiming(options)
    this.#connection = RedisConnection.usedBy(client, options)
    this.#queue = new LockQueue(this.#connection.subscriber)
  }

  async acquire(key: string, options: AcquireOptions): Promise<Lease> {
    return await acquireLock(this.#attempt(key), options, this.#queue, this.#closing.signal)
  }

  async tryAcquire(key: string): Promise<Lease | undefined> {
    return await tryAcquireLock(this.#attempt(key), this.#closing.signal)
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(
      new CredentialError('CLOSED', `The lock on ${this.#connection.name} is closed; open a new one`),
    )
    this.#connection.leave()
  }

  #attempt(key: string): LockAttempt {
    const { name, keys } = this.#connection
    const ownerToken = newOwnerToken()
    return {
      name,
      channel: keys.lockReleases(key),
      takeFree: () => this.#takeFree(key, ownerToken),
      take: () => this.#take(key, ownerToken),
      giveUp: () => this.#release(key, ownerToken),
    }
  }

  async #takeFree(key: string, ownerToken: string): Promise<Lease | undefined> {
    const { client, keys } = this.#connection
    const acquiredAt = Date.now()
    const reply = await this.#connection.call(() =>
      client.set(keys.lock(key), ownerToken, 'PX', this.#timing.ttlMs, 'NX'),
    )
    return reply === 'OK' ? this.#lease(key, ownerToken, acquiredAt) : undefined
  }

  async #take(key: string, ownerToken: string): Promise<Lease | number> {
    const { keys } = this.#connection
    const acquiredAt = Date.now()
    const answer = Number(
      await this.#connection.run(takeLock, [keys.lock(key)], [ownerToken, this.#timing.ttlMs]),
    )
    if (answer === taken) return this.#lease(key, ownerToken, acquiredAt)
    return answer === endless ? Number.POSITIVE_INFINITY : answer + afterEndMs
  }

  #lease(key: string, ownerToken: string, acquiredAt: number): Lease {
    return new LeaseRenewal({
      key,
      ownerToken,
      timing: this.#timing,
      acquiredAt,
      renew: () => this.#renew(key, ownerToken),
      release: () => this.#release(key, ownerToken),
      isClosed: () => this.#closing.signal.aborted,
      clock: leaseClock,
    })
  }

  async #renew(key: string, ownerToken: string): Promise<boolean> {
    const { keys } = this.#connection
    return (await this.#connection.run(renewLock, [keys.lock(key)], [ownerToken, this.#timing.ttlMs])) === 1
  }

  async #release(key: string, ownerToken: string): Promise<void> {
    const { keys } = this.#connection
    await this.#connection.run(releaseLock, [keys.lock(key)], [ownerToken, keys.lockReleases(key)])
  }
}

/** A random token that makes a lease its own: 122 bits, of which Node keeps a supply. */
export function newOwnerToken(): string {
  return randomUUID()
}
