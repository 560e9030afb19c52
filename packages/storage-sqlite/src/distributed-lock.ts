import { randomBytes } from 'node:crypto'
import {
  type AcquireOptions,
  CredentialError,
  type DistributedLock,
  defaultLeaseTiming,
  type Lease,
  LeaseRenewal,
  type LeaseTiming,
  systemClock,
  Turns,
} from '@nebula-credential/core'
import { SqliteConnection } from './connection.ts'
import { positiveMs, type SqliteOptions } from './options.ts'

export interface SqliteLockOptions extends SqliteOptions, Partial<LeaseTiming> {}

/**
 * A lock between the processes that share one SQLite file; leases run by this machine's clock.
 *
 * Waiters in this process take turns and are woken by the release. SQLite cannot notify another process: there the
 * first waiter of each key looks at its row every 1 to 50 ms, which takes a few microseconds and no lock.
 */
export class SqliteDistributedLock implements DistributedLock {
  readonly #connection: SqliteConnection
  readonly #timing: LeaseTiming
  readonly #turns = new Turns()
  readonly #closing = new AbortController()

  /** @throws CredentialError CONFIG_INVALID */
  constructor(path: string, options: SqliteLockOptions = {}) {
    // A power loss ends all processes, and with them all that a lease protects.
    this.#connection = new SqliteConnection(path, 'crash', options)
    const ttlMs = positiveMs('ttlMs', options.ttlMs, defaultLeaseTiming.ttlMs)
    const renewEveryMs = positiveMs('renewEveryMs', options.renewEveryMs, defaultLeaseTiming.renewEveryMs)
    if (renewEveryMs >= ttlMs) {
      throw new CredentialError(
        'CONFIG_INVALID',
        'renewEveryMs must be less than ttlMs, a third of it at best',
      )
    }
    this.#timing = { ttlMs, renewEveryMs }
  }

  async acquire(key: string, options: AcquireOptions): Promise<Lease> {
    const given = options.signal === undefined ? [] : [options.signal]
    const cancelled = AbortSignal.any([this.#closing.signal, ...given])
    cancelled.throwIfAborted()
    const timeUp = new AbortController()
    const timer = setTimeout(
      () => timeUp.abort(lockTimeout(options.waitMs)),
      Math.min(options.waitMs, longestTimerMs),
    )
    const ends = AbortSignal.any([cancelled, timeUp.signal])
    try {
      const leave = await this.#turns.enter(key, ends)
      const lease = await this.#takeInTime(key, leave, ends)
      if (!cancelled.aborted) return lease
      await lease.release()
      throw cancelled.reason
    } finally {
      clearTimeout(timer)
    }
  }

  async tryAcquire(key: string): Promise<Lease | undefined> {
    this.#closing.signal.throwIfAborted()
    const leave = this.#turns.tryEnter(key)
    if (leave === undefined) return undefined
    let lease: Lease | undefined
    try {
      lease = await this.#take(key, leave)
      return lease
    } finally {
      if (lease === undefined) leave()
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new CredentialError('CLOSED', 'The SQLite lock is closed; open a new one'))
    this.#connection.close()
  }

  async #takeInTime(key: string, leave: () => void, ends: AbortSignal): Promise<Lease> {
    try {
      for (let attempt = 0; ; attempt++) {
        const lease = await this.#take(key, leave, ends)
        if (lease !== undefined) return lease
        await systemClock.sleep(pollDelayMs(attempt), ends)
      }
    } catch (error) {
      leave()
      throw error
    }
  }

  /** Takes the lock unless another holds it. The turn ends with the lease. */
  async #take(key: string, leave: () => void, signal?: AbortSignal): Promise<Lease | undefined> {
    const ownerToken = randomBytes(16).toString('hex')
    const acquiredAt = await this.#connection.run(connection => {
      const now = Date.now()
      // Looked at first: a reader waits for nobody.
      if (connection.statement(sql.held).get(key, now) !== undefined) return undefined
      const { changes } = connection.statement(sql.take).run(key, ownerToken, now + this.#timing.ttlMs, now)
      return changes === 1 ? now : undefined
    }, signal)
    if (acquiredAt === undefined) return undefined
    const lease = new LeaseRenewal({
      key,
      ownerToken,
      timing: this.#timing,
      acquiredAt,
      renew: () => this.#renew(key, ownerToken),
      release: () => this.#release(key, ownerToken).finally(leave),
      isClosed: () => this.#closing.signal.aborted,
    })
    lease.signal.addEventListener('abort', leave, { once: true })
    return lease
  }

  #renew(key: string, ownerToken: string): Promise<boolean> {
    return this.#connection.run(connection => {
      const now = Date.now()
      const { changes } = connection.statement(sql.renew).run(now + this.#timing.ttlMs, key, ownerToken, now)
      return changes === 1
    })
  }

  async #release(key: string, ownerToken: string): Promise<void> {
    await this.#connection.run(connection => connection.statement(sql.release).run(key, ownerToken))
  }
}

const sql = {
  held: 'SELECT 1 FROM lease WHERE key = ? AND expires_at > ?',
  take: `INSERT INTO lease (key, owner_token, expires_at) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE
    SET owner_token = excluded.owner_token, expires_at = excluded.expires_at WHERE lease.expires_at <= ?4`,
  renew: 'UPDATE lease SET expires_at = ? WHERE key = ? AND owner_token = ? AND expires_at > ?',
  release: 'DELETE FROM lease WHERE key = ? AND owner_token = ?',
} as const

// A timer of more fires at once.
const longestTimerMs = 2 ** 31 - 1

/** Full jitter up to 2, 4, 8, ... and at most 50 ms. */
function pollDelayMs(attempt: number): number {
  return 1 + Math.random() * Math.min(49, 2 ** (attempt + 1))
}

function lockTimeout(waitMs: number): CredentialError {
  return new CredentialError('LOCK_TIMEOUT', `The lock was not free within ${waitMs} ms`)
}
