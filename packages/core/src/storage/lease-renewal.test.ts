import { FakeClock } from '@nebula-credential/testing'
import { expect, test } from 'vitest'
import { isCredentialError } from '../errors.ts'
import { LeaseRenewal, type LeaseRenewalOptions } from './lease-renewal.ts'

const timing = { ttlMs: 30_000, renewEveryMs: 10_000 }

function leaseOf(options: Partial<LeaseRenewalOptions> = {}) {
  const clock = new FakeClock()
  const calls = { renew: 0, release: 0 }
  const lease = new LeaseRenewal({
    key: 'key',
    ownerToken: 'owner',
    timing,
    acquiredAt: clock.now(),
    clock,
    ...options,
    renew: () => {
      calls.renew++
      return options.renew?.() ?? Promise.resolve(true)
    },
    release: () => {
      calls.release++
      return options.release?.() ?? Promise.resolve()
    },
  })
  return { clock, calls, lease }
}

test('renews on its timer for as long as it is held', async () => {
  const { clock, calls, lease } = leaseOf()
  await clock.advance(10 * 60_000)
  expect(calls.renew).toBe(60)
  expect(lease.signal.aborted).toBe(false)
})

test('is lost as soon as a renewal says so', async () => {
  const { clock, lease } = leaseOf({ renew: async () => false })
  await clock.advance(9_999)
  expect(lease.signal.aborted).toBe(false)
  await clock.advance(1)
  expect(isCredentialError(lease.signal.reason, 'LOCK_LOST')).toBe(true)
})

test('outlives renewals that fail, until its time has run out', async () => {
  const { clock, calls, lease } = leaseOf({ renew: () => Promise.reject(new Error('no connection')) })
  await clock.advance(29_999)
  expect(calls.renew).toBe(2)
  expect(lease.signal.aborted).toBe(false)
  await clock.advance(1)
  expect(isCredentialError(lease.signal.reason, 'LOCK_LOST')).toBe(true)
})

test('is lost when its time runs out while a renewal hangs, and a late success does not bring it back', async () => {
  const answer = Promise.withResolvers<boolean>()
  const { clock, calls, lease } = leaseOf({ renew: () => answer.promise })
  await clock.advance(30_000)
  expect(lease.signal.aborted).toBe(true)
  answer.resolve(true)
  await clock.advance(60_000)
  expect(lease.signal.aborted).toBe(true)
  expect(calls.renew).toBe(1)
})

test('counts its new time from before the renewal was sent', async () => {
  const clock = new FakeClock()
  const start = clock.now()
  let slow = true
  const { lease } = leaseOf({
    clock,
    acquiredAt: start,
    async renew() {
      if (!slow) throw new Error('no connection')
      slow = false
      await clock.sleep(5_000)
      return true
    },
  })
  // Sent at 10 s and answered at 15 s: it lasts until 40 s, not 45 s.
  await clock.advance(39_999)
  expect(lease.signal.aborted).toBe(false)
  await clock.advance(1)
  expect(lease.signal.aborted).toBe(true)
})

test('the time that acquiring took counts', async () => {
  const clock = new FakeClock()
  const { lease } = leaseOf({
    clock,
    acquiredAt: clock.now() - 25_000,
    renew: () => Promise.reject(new Error('no connection')),
  })
  await clock.advance(5_000)
  expect(lease.signal.aborted).toBe(true)
})

test('releases once, stops renewing, and reports no loss afterwards', async () => {
  const { clock, calls, lease } = leaseOf()
  await lease.release()
  await lease.release()
  await lease[Symbol.asyncDispose]()
  await clock.advance(120_000)
  expect(calls).toEqual({ renew: 0, release: 1 })
  expect(lease.signal.aborted).toBe(false)
  expect(clock.pending).toBe(0)
})

test('a renewal that says "lost" after the release is not reported', async () => {
  const answer = Promise.withResolvers<boolean>()
  const { clock, lease } = leaseOf({ renew: () => answer.promise })
  await clock.advance(10_000)
  await lease.release()
  answer.resolve(false)
  await clock.advance(60_000)
  expect(lease.signal.aborted).toBe(false)
})

test('a release that fails does not reject', async () => {
  const { lease } = leaseOf({ release: () => Promise.reject(new Error('no connection')) })
  await expect(lease.release()).resolves.toBeUndefined()
})

test('once its lock is closed it is not renewed and ends with its time', async () => {
  const { clock, calls, lease } = leaseOf({ isClosed: () => true })
  await clock.advance(29_999)
  expect(calls.renew).toBe(0)
  expect(lease.signal.aborted).toBe(false)
  await clock.advance(1)
  expect(lease.signal.aborted).toBe(true)
})
