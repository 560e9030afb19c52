import { strict as assert } from 'node:assert'
import { setTimeout as wait } from 'node:timers/promises'
import { isCredentialError, type Lease, type LeaseTiming } from '@nebula-credential/core'
import type { ContractGroup } from '../contract-suite.ts'
import { rejectsWith } from '../expectations.ts'
import { type DistributedLockHarness, skipWithoutShortLeases } from './distributed-lock-harness.ts'

const key = '4:acme:chat_bot_1'
const patient = { waitMs: 15_000 }

export const leaseCases: ContractGroup<DistributedLockHarness> = {
  name: 'leases',
  cases: [
    {
      name: 'a lease renews itself past its ttl for as long as it is held',
      skip: skipWithoutShortLeases,
      async run(harness) {
        const { ttlMs } = timingOf(harness)
        await using lease = await harness.first.acquire(key, patient)
        for (let round = 0; round < 2; round++) {
          await wait(ttlMs)
          assert.equal(await harness.second.tryAcquire(key), undefined, 'the lease must still be held')
        }
        assert.equal(lease.signal.aborted, false)
      },
    },
    {
      name: 'a lease whose holder stopped renewing ends with its time, and wakes a waiter',
      skip: skipWithoutShortLeases,
      async run(harness) {
        const { ttlMs } = timingOf(harness)
        const lease = await harness.first.acquire(key, patient)
        await harness.first.close()
        assert.equal(await harness.second.tryAcquire(key), undefined, 'closing must not free what is held')
        const startedAt = performance.now()
        const next = await harness.second.acquire(key, { waitMs: ttlMs + 6_000 })
        const waited = performance.now() - startedAt
        await next.release()
        assert.ok(waited < ttlMs + 4_000, `the lease ended only after ${Math.round(waited)} ms`)
        await assertLost(lease, ttlMs)
      },
    },
    {
      name: 'an expired holder’s late release does not free the next holder’s lock',
      skip: skipWithoutShortLeases,
      async run(harness) {
        const { ttlMs } = timingOf(harness)
        const expired = await harness.first.acquire(key, patient)
        await harness.first.close()
        await using next = await harness.second.acquire(key, { waitMs: ttlMs + 6_000 })
        await expired.release()
        assert.equal(await harness.second.tryAcquire(key), undefined, 'the next holder must keep the lock')
        assert.equal(next.signal.aborted, false)
      },
    },
    {
      name: 'a lease that was taken away aborts its signal with LOCK_LOST',
      skip: harness =>
        harness.loseLease === undefined ? 'the harness offers no loseLease' : skipWithoutShortLeases(harness),
      async run(harness) {
        const { ttlMs } = timingOf(harness)
        const lease = await harness.first.acquire(key, patient)
        await harness.loseLease?.(lease)
        const next = await harness.second.acquire(key, patient)
        await assertLost(lease, ttlMs)
        await lease.release()
        assert.equal(await harness.first.tryAcquire(key), undefined, 'the next holder must keep the lock')
        assert.equal(next.signal.aborted, false)
        await next.release()
      },
    },
    {
      name: 'a lease that cannot be renewed aborts its signal with LOCK_LOST when its time has run out',
      skip: harness =>
        harness.breakBackend === undefined
          ? 'the harness offers no breakBackend'
          : skipWithoutShortLeases(harness),
      async run(harness) {
        const { ttlMs } = timingOf(harness)
        const lease = await harness.first.acquire(key, patient)
        await harness.breakBackend?.()
        await assertLost(lease, ttlMs)
        await lease.release()
      },
    },
    {
      name: 'a released lease never reports a loss, and its release leaves the next one alone',
      skip: skipWithoutShortLeases,
      async run(harness) {
        const { ttlMs } = timingOf(harness)
        const lease = await harness.first.acquire(key, patient)
        await lease.release()
        await using _next = await harness.second.acquire(key, patient)
        await wait(ttlMs * 1.25)
        assert.equal(lease.signal.aborted, false)
      },
    },
  ],
}

export const lockClosingCases: ContractGroup<DistributedLockHarness> = {
  name: 'closing',
  cases: [
    {
      name: 'acquire and tryAcquire after close reject with CLOSED, and closing twice does nothing',
      async run({ first }) {
        await first.close()
        await first.close()
        await rejectsWith('CLOSED', first.acquire(key, patient))
        await rejectsWith('CLOSED', first.tryAcquire(key))
      },
    },
    {
      name: 'close gives up what waits, at once',
      async run({ first, second }) {
        await using _held = await first.acquire(key, patient)
        const waiting = second.acquire(key, patient)
        // Marked as handled, so that one that ends too early fails this case and nothing else.
        waiting.catch(() => {})
        await wait(50)
        const startedAt = performance.now()
        await second.close()
        await rejectsWith('CLOSED', waiting)
        assert.ok(performance.now() - startedAt < 4_000)
      },
    },
    {
      name: 'the other instance goes on',
      async run({ first, second }) {
        await first.close()
        const lease = await second.acquire(key, patient)
        await lease.release()
      },
    },
    {
      name: 'acquire and tryAcquire reject with STORAGE_UNAVAILABLE when the backend cannot be reached',
      skip: ({ breakBackend }) =>
        breakBackend === undefined ? 'the harness offers no breakBackend' : undefined,
      async run({ first, breakBackend }) {
        await breakBackend?.()
        await rejectsWith('STORAGE_UNAVAILABLE', first.tryAcquire(key))
        await rejectsWith('STORAGE_UNAVAILABLE', first.acquire(key, { waitMs: 5_000 }))
      },
    },
  ],
}

function timingOf(harness: DistributedLockHarness): LeaseTiming {
  return harness.timing as LeaseTiming
}

async function assertLost(lease: Lease, ttlMs: number): Promise<void> {
  const deadline = performance.now() + ttlMs + 4_000
  while (!lease.signal.aborted && performance.now() < deadline) await wait(10)
  assert.ok(lease.signal.aborted, 'the holder must learn that the lease was lost')
  assert.ok(isCredentialError(lease.signal.reason, 'LOCK_LOST'), 'the reason must be LOCK_LOST')
}
