import { createHash, randomBytes } from 'node:crypto'
import {
  type AcquireOptions,
  CredentialError,
  type DistributedLock,
  type Lease,
  LeaseRenewal,
  OpenState,
  systemClock,
  Turns,
} from '@nebula-credential/core'
import type { PostgresConnection } from './connection.ts'
import { statements } from './generated/statements.ts'
import { Wakeups } from './wakeups.ts'

const prefix = 'released '
// Between looks while notifications do not arrive.
const pollMs = 200

/**
 * A lock whose leases are rows, by the server's clock. Not a session-level advisory lock: that would hold a connection
 * for as long as the lock is held.
 *
 * Callers of one process take turns. The first of each process marks the lease that it waits for, and its release
 * notifies; should it expire instead, a timer wakes the waiter. While notifications do not arrive, it looks
 * every 200 ms.
 */
export class PostgresDistributedLock implements DistributedLock {
  readonly #connection: PostgresConnection
  readonly #state: OpenState
  readonly #turns = new Turns()
  readonly #wakeups = new Wakeups()
  readonly #closing = new AbortController()
  readonly #subscriber = {
    onPayload: (payload: string) => {
      if (payload.startsWith(prefix)) this.#wakeups.wake(payload.slice(prefix.length))
    },
    onGap: () => this.#wakeups.wakeAll(),
  }

  constructor(connection: PostgresConnection) {
    this.#connection = connection
    this.#state = new OpenState(`lock ${connection.name}`)
  }

  async acquire(key: string, options: AcquireOptions): Promise<Lease> {
    this.#state.assertOpen()
    const given = options.signal === undefined ? [] : [options.signal]
    const cancelled = AbortSignal.any([this.#closing.signal, ...given])
    cancelled.throwIfAborted()
    const timeUp = new AbortController()
    const timer = setTimeout(
      () => timeUp.abort(lockTimeout(options.waitMs)),
      Math.min(options.waitMs, longestTimerMs),
    )
    try {
      const ends = AbortSignal.any([cancelled, timeUp.signal])
      const leave = await this.#turns.enter(key, ends)
      return await this.#takeInTime(key, leave, cancelled, ends)
    } finally {
      clearTimeout(timer)
    }
  }

  async tryAcquire(key: string): Promise<Lease | undefined> {
    this.#state.assertOpen()
    const leave = this.#turns.tryEnter(key)
    if (leave === undefined) return undefined
    let lease: Lease | undefined
    try {
      ;({ lease } = await this.#take(key, leave, statements.takeLease))
      return lease
    } finally {
      if (lease === undefined) leave()
    }
  }

  async close(): Promise<void> {
    if (this.#state.closed) return
    this.#state.close()
    this.#closing.abort(new CredentialError('CLOSED', 'The PostgreSQL lock is closed; open a new one'))
    await this.#connection.listener.unsubscribe(this.#subscriber)
    await this.#connection.leave()
  }

  /** The signal ends the wait at any time, the time that is up only what waits for another holder. */
  async #takeInTime(
    key: string,
    leave: () => void,
    cancelled: AbortSignal,
    ends: AbortSignal,
  ): Promise<Lease> {
    const topic = topicOf(key)
    try {
      let attempt = await unlessAborted(this.#take(key, leave, statements.takeLease), cancelled)
      while (attempt.lease === undefined) {
        ends.throwIfAborted()
        this.#connection.listener.add(this.#subscriber)
        // Before the lease is marked, so that no release falls in between.
        const wakeup = this.#wakeups.expect(topic)
        try {
          const canHear = this.#connection.listener.isListening
          attempt = await unlessAborted(this.#take(key, leave, statements.takeOrAwaitLease), cancelled)
          if (attempt.lease !== undefined) break
          const waitMs = canHear ? attempt.freeInMs : Math.min(attempt.freeInMs, pollMs)
          await wakeup.within(1 + waitMs, ends)
        } finally {
          wakeup.forget()
        }
      }
      return attempt.lease
    } catch (error) {
      leave()
      throw error
    }
  }

  /** Takes the lock unless another holds it; then says in how many ms to look again. The turn ends with the lease. */
  async #take(key: string, leave: () => void, text: string): Promise<Attempt> {
    const ownerToken = randomBytes(16).toString('hex')
    const acquiredAt = systemClock.now()
    const { ttlMs } = this.#connection.options.leaseTiming
    const { rows } = await this.#connection.run(text, [key, ownerToken, ttlMs])
    const [holder, freeInMs] = rows[0] ?? []
    if (holder !== ownerToken) return { freeInMs: Math.max(0, Number(freeInMs ?? 0)) }
    const lease = new LeaseRenewal({
      key,
      ownerToken,
      timing: this.#connection.options.leaseTiming,
      acquiredAt,
      renew: async () =>
        (await this.#connection.run(statements.renewLease, [key, ownerToken, ttlMs])).rowCount === 1,
      release: () => this.#release(key, ownerToken).finally(leave),
      isClosed: () => this.#state.closed,
    })
    lease.signal.addEventListener('abort', leave, { once: true })
    return { lease, freeInMs: 0 }
  }

  async #release(key: string, ownerToken: string): Promise<void> {
    this.#state.assertOpen()
    const { channel } = this.#connection.listener
    await this.#connection.run(statements.releaseLease, [key, ownerToken, channel, prefix + topicOf(key)])
  }
}

interface Attempt {
  readonly lease?: Lease
  readonly freeInMs: number
}

// A timer of more fires at once.
const longestTimerMs = 2 ** 31 - 1

/** A key in a notification: short, and without the tenant's name. */
function topicOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}

/** Rejects with the signal's reason as soon as it aborts; a lease that was taken nevertheless is released. */
async function unlessAborted(taking: Promise<Attempt>, signal: AbortSignal): Promise<Attempt> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const attempt = await Promise.race([taking, promise])
    if (!signal.aborted) return attempt
    throw signal.reason
  } catch (error) {
    void taking.then(({ lease }) => lease?.release()).catch(() => {})
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function lockTimeout(waitMs: number): CredentialError {
  return new CredentialError('LOCK_TIMEOUT', `The lock was not free within ${waitMs} ms`)
}
