import {
  type AcquireOptions,
  CredentialError,
  type DistributedLock,
  type Lease,
  type LeaseTiming,
} from '@nebula-credential/core'
import { acquireLock, tryAcquireLock } from './lock-acquisition.ts'
import { LockClaim } from './lock-claim.ts'
import { LockQueue } from './lock-queue.ts'
import { leaseTiming, type RedisClient, type RedisLockOptions } from './options.ts'
import { RedisConnection } from './redis-connection.ts'

/**
 * A lock between all processes on one Redis; leases run by the server's clock. A free lock costs one round trip.
 * A release hands the lock over to one waiter and notifies the others; the end of a lease that nobody released wakes
 * them too. A waiter that died keeps what it was handed for at most 2 seconds.
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

  acquire(key: string, options: AcquireOptions): Promise<Lease> {
    return acquireLock(this.#claim(key), options, this.#queue, this.#closing.signal)
  }

  tryAcquire(key: string): Promise<Lease | undefined> {
    return tryAcquireLock(this.#claim(key), this.#closing.signal)
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(
      new CredentialError('CLOSED', `The lock on ${this.#connection.name} is closed; open a new one`),
    )
    this.#connection.leave()
  }

  #claim(key: string): LockClaim {
    return new LockClaim(key, this.#timing, this.#connection, this.#closing.signal)
  }
}
