import { setTimeout as wait } from 'node:timers/promises'
import {
  type AcquireOptions,
  CredentialError,
  type Lease,
  MemoryBackend,
  MemoryDistributedLock,
} from '@nebula-credential/core'
import type { DistributedLockHarness } from '../../src/index.ts'
import type { Mutant } from './mutant.ts'

type Breaking = (backend: MemoryBackend) => MemoryDistributedLock

const timing = { ttlMs: 1_000, renewEveryMs: 100 }

function mutant(name: string, caughtBy: string, make: Breaking): Mutant<DistributedLockHarness> {
  const open = async () => {
    const backend = new MemoryBackend()
    const loseLease = async ({ key, ownerToken }: Lease) => backend.locks.release(key, ownerToken)
    return { first: make(backend), second: make(backend), timing, loseLease }
  }
  return { name, caughtBy, open }
}

/** A lock whose leases are spoilt after they were taken honestly. */
function leasing(name: string, caughtBy: string, spoil: (lease: Lease, backend: MemoryBackend) => Lease) {
  return mutant(
    name,
    caughtBy,
    backend =>
      new (class extends MemoryDistributedLock {
        override async acquire(key: string, options: AcquireOptions) {
          return spoil(await super.acquire(key, options), backend)
        }
        override async tryAcquire(key: string) {
          const lease = await super.tryAcquire(key)
          return lease && spoil(lease, backend)
        }
      })(backend, timing),
  )
}

/** A backend that forgets to compare the owner when a lock is released. */
function anyoneMayRelease(backend: MemoryBackend): MemoryBackend {
  const { locks } = backend
  const holders = new Map<string, string>()
  const takeInTurn = locks.takeInTurn.bind(locks)
  const release = locks.release.bind(locks)
  locks.takeInTurn = (key, waiter) =>
    takeInTurn(key, {
      ...waiter,
      onGranted() {
        holders.set(key, waiter.ownerToken)
        waiter.onGranted()
      },
    })
  locks.release = (key, ownerToken) => release(key, holders.get(key) ?? ownerToken)
  return backend
}

function withRelease(lease: Lease, release: () => Promise<void>, signal = lease.signal): Lease {
  const { key, ownerToken } = lease
  return { key, ownerToken, signal, release, [Symbol.asyncDispose]: release }
}

export const distributedLockMutants: readonly Mutant<DistributedLockHarness>[] = [
  mutant(
    'everybody gets the lock',
    'never has two holders, and lets everybody through, under contention of both instances',
    () =>
      new (class extends MemoryDistributedLock {
        override async acquire(key: string) {
          return (await super.tryAcquire(`${key}:${Math.random()}`)) as Lease
        }
      })(new MemoryBackend(), timing),
  ),
  mutant(
    'the lock excludes within one instance only',
    'tryAcquire takes a free lock, and is undefined at both instances while it is held',
    () => new MemoryDistributedLock(new MemoryBackend(), timing),
  ),
  mutant(
    'keys are compared without case',
    'locks of other keys are free',
    backend =>
      new (class extends MemoryDistributedLock {
        override tryAcquire(key: string) {
          return super.tryAcquire(key.toLowerCase())
        }
      })(backend, timing),
  ),
  mutant(
    'a lease never expires',
    'a lease whose holder stopped renewing ends with its time, and wakes a waiter',
    backend => new MemoryDistributedLock(backend, { ...timing, ttlMs: 3_600_000 }),
  ),
  mutant(
    'a lease is not renewed',
    'a lease renews itself past its ttl for as long as it is held',
    backend => new MemoryDistributedLock(backend, { ...timing, renewEveryMs: 3_600_000 }),
  ),
  mutant(
    'anybody’s release frees the lock',
    'an expired holder’s late release does not free the next holder’s lock',
    backend => new MemoryDistributedLock(anyoneMayRelease(backend), timing),
  ),
  leasing(
    'a release does nothing',
    'a waiter that waits long enough gets the lock when it is released',
    lease => withRelease(lease, async () => {}),
  ),
  leasing('a loss is not signalled', 'a lease that was taken away aborts its signal with LOCK_LOST', lease =>
    withRelease(lease, () => lease.release(), new AbortController().signal),
  ),
  leasing(
    'a loss is signalled with a bare abort',
    'a lease whose holder stopped renewing ends with its time, and wakes a waiter',
    lease => {
      const bare = new AbortController()
      lease.signal.addEventListener('abort', () => bare.abort())
      return withRelease(lease, () => lease.release(), bare.signal)
    },
  ),
  leasing(
    'a released lease reports a loss later',
    'a released lease never reports a loss, and its release leaves the next one alone',
    lease => {
      const late = new AbortController()
      setTimeout(() => late.abort(new CredentialError('LOCK_LOST', 'late')), timing.ttlMs).unref()
      return withRelease(lease, () => lease.release(), late.signal)
    },
  ),
  mutant(
    'a waiter polls every three seconds',
    'a waiter is woken by the release, within 250 ms even after a long wait',
    backend =>
      new (class extends MemoryDistributedLock {
        override async acquire(key: string, options: AcquireOptions): Promise<Lease> {
          for (let waited = 0; ; waited += 3_000) {
            const lease = await this.tryAcquire(key)
            if (lease) return lease
            if (waited >= options.waitMs) return super.acquire(key, { ...options, waitMs: 0 })
            await wait(3_000)
          }
        }
      })(backend, timing),
  ),
  mutant(
    'a wait never times out',
    'a waiter gives up with LOCK_TIMEOUT after its time, not before',
    backend =>
      new (class extends MemoryDistributedLock {
        override acquire(key: string, options: AcquireOptions) {
          return super.acquire(key, { ...options, waitMs: 3_000 })
        }
      })(backend, timing),
  ),
  mutant(
    'a signal is ignored',
    'an aborted signal ends the wait with its reason, and leaves nothing behind',
    backend =>
      new (class extends MemoryDistributedLock {
        override acquire(key: string, { waitMs }: AcquireOptions) {
          return super.acquire(key, { waitMs })
        }
      })(backend, timing),
  ),
  mutant(
    'one who gave up takes the lock all the same',
    'a waiter that gave up leaves nothing behind',
    backend =>
      new (class extends MemoryDistributedLock {
        override async acquire(key: string, options: AcquireOptions) {
          const waiting = super.acquire(key, { waitMs: 4_000 })
          const late = wait(options.waitMs).then(() => {
            throw new CredentialError('LOCK_TIMEOUT', 'gave up')
          })
          late.catch(() => {})
          waiting.catch(() => {})
          return Promise.race([waiting, late])
        }
      })(backend, timing),
  ),
  mutant(
    'close frees what is held',
    'a lease whose holder stopped renewing ends with its time, and wakes a waiter',
    backend =>
      new (class extends MemoryDistributedLock {
        readonly #leases: Lease[] = []
        override async acquire(key: string, options: AcquireOptions) {
          const lease = await super.acquire(key, options)
          this.#leases.push(lease)
          return lease
        }
        override async close() {
          await Promise.all(this.#leases.map(lease => lease.release()))
          await super.close()
        }
      })(backend, timing),
  ),
]
