import { randomBytes } from 'node:crypto'
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
import { LockQueue, type Place } from './lock-queue.ts'
import { leaseTiming, type RedisClient, type RedisLockOptions } from './options.ts'
import { RedisConnection } from './redis-connection.ts'
import { timerMs, WaitingTime } from './waiting-time.ts'

const taken = -2
const endless = -1
// A lease that is about to end may be renewed at the last moment; then the next look says so.
const afterExpiryMs = 1

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
    this.#closing.signal.throwIfAborted()
    options.signal?.throwIfAborted()
    const ownerToken = newOwnerToken()
    const given = options.signal === undefined ? [] : [options.signal]
    using time = new WaitingTime([this.#closing.signal, ...given])
    const acquiring = this.#takeOrWait(key, ownerToken, options.waitMs, time)
    try {
      return await time.within(acquiring)
    } catch (error) {
      // A request under way may take it yet.
      acquiring.then(
        lease => lease.release(),
        () => this.#release(key, ownerToken).catch(() => {}),
      )
      throw error
    }
  }

  async tryAcquire(key: string): Promise<Lease | undefined> {
    this.#closing.signal.throwIfAborted()
    const ownerToken = newOwnerToken()
    try {
      return await this.#takeFree(key, ownerToken)
    } catch (error) {
      this.#release(key, ownerToken).catch(() => {})
      throw error
    }
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(
      new CredentialError('CLOSED', `The lock on ${this.#connection.name} is closed; open a new one`),
    )
    this.#connection.leave()
  }

  async #takeOrWait(key: string, ownerToken: string, waitMs: number, time: WaitingTime): Promise<Lease> {
    const startedAt = performance.now()
    const lease = await this.#takeFree(key, ownerToken)
    if (lease !== undefined) return lease
    const remainingMs = waitMs - (performance.now() - startedAt)
    time.limit(remainingMs, `The lock on ${this.#connection.name} was not free within ${waitMs} ms`)
    return await this.#takeInTurn(key, ownerToken, time)
  }

  async #takeFree(key: string, ownerToken: string): Promise<Lease | undefined> {
    const { client, keys } = this.#connection
    const acquiredAt = Date.now()
    const reply = await this.#connection.call(() =>
      client.set(keys.lock(key), ownerToken, 'PX', this.#timing.ttlMs, 'NX'),
    )
    return reply === 'OK' ? this.#lease(key, ownerToken, acquiredAt) : undefined
  }

  async #takeInTurn(key: string, ownerToken: string, time: WaitingTime): Promise<Lease> {
    const place = await this.#queue.join(this.#connection.keys.lockReleases(key))
    try {
      await time.within(place.first)
      return await this.#takeWhenFree(key, ownerToken, time, place)
    } finally {
      place.leave()
    }
  }

  async #takeWhenFree(key: string, ownerToken: string, time: WaitingTime, place: Place): Promise<Lease> {
    for (;;) {
      const acquiredAt = Date.now()
      const answer = Number(
        await this.#connection.run(
          takeLock,
          [this.#connection.keys.lock(key)],
          [ownerToken, this.#timing.ttlMs],
        ),
      )
      if (answer === taken) return this.#lease(key, ownerToken, acquiredAt)
      const endsInMs = answer === endless ? Number.POSITIVE_INFINITY : answer + afterExpiryMs
      await time.within(place.notified(timerMs(endsInMs)))
    }
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

function newOwnerToken(): string {
  return randomBytes(16).toString('base64url')
}
