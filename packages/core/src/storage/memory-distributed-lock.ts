import { CredentialError } from '../errors.ts'
import { randomText } from '../record/ids.ts'
import {
  type AcquireOptions,
  type DistributedLock,
  defaultLeaseTiming,
  type Lease,
  type LeaseTiming,
} from './distributed-lock.ts'
import { LeaseRenewal } from './lease-renewal.ts'
import { MemoryBackend } from './memory-backend.ts'
import { OpenState } from './open-state.ts'

/**
 * A lock between the parts of one process. Waiters take turns in the order they came; releasing wakes the next one.
 * **Excludes nobody in another process.**
 */
export class MemoryDistributedLock implements DistributedLock {
  readonly #backend: MemoryBackend
  readonly #timing: LeaseTiming
  readonly #state = new OpenState('memory lock')
  readonly #closing = new AbortController()

  constructor(backend: MemoryBackend = new MemoryBackend(), timing: LeaseTiming = defaultLeaseTiming) {
    this.#backend = backend
    this.#timing = timing
  }

  async acquire(key: string, options: AcquireOptions): Promise<Lease> {
    this.#state.assertOpen()
    options.signal?.throwIfAborted()
    return (await this.tryAcquire(key)) ?? this.#acquireInTurn(key, options)
  }

  async #acquireInTurn(key: string, options: AcquireOptions): Promise<Lease> {
    const ownerToken = randomText()
    const { promise, resolve: onGranted } = Promise.withResolvers<void>()
    const waiter = { ownerToken, ttlMs: this.#timing.ttlMs, onGranted }
    this.#backend.locks.takeInTurn(key, waiter)
    try {
      await this.#inTime(promise, options)
    } catch (error) {
      this.#backend.locks.leave(key, waiter)
      this.#backend.locks.release(key, ownerToken)
      throw error
    }
    return this.#lease(key, ownerToken)
  }

  async tryAcquire(key: string): Promise<Lease | undefined> {
    this.#state.assertOpen()
    const ownerToken = randomText()
    const taken = this.#backend.locks.take(key, ownerToken, this.#timing.ttlMs)
    return taken ? this.#lease(key, ownerToken) : undefined
  }

  async close(): Promise<void> {
    this.#state.close()
    this.#closing.abort(new CredentialError('CLOSED', 'The memory lock was closed while waiting for it'))
  }

  async #inTime(granted: Promise<void>, options: AcquireOptions): Promise<void> {
    const done = new AbortController()
    const ends = [done.signal, this.#closing.signal, ...(options.signal ? [options.signal] : [])]
    const timeout = this.#backend.clock.sleep(options.waitMs, AbortSignal.any(ends)).then(() => {
      throw new CredentialError('LOCK_TIMEOUT', `The lock was not free within ${options.waitMs} ms`)
    })
    try {
      await Promise.race([granted, timeout])
    } finally {
      done.abort()
    }
  }

  #lease(key: string, ownerToken: string): Lease {
    const { locks, clock } = this.#backend
    return new LeaseRenewal({
      key,
      ownerToken,
      timing: this.#timing,
      acquiredAt: clock.now(),
      renew: async () => locks.renew(key, ownerToken, this.#timing.ttlMs),
      release: async () => locks.release(key, ownerToken),
      isClosed: () => this.#state.closed,
      clock,
    })
  }
}
