import { FakeClock } from '@nebula-credential/testing'
import { expect, test } from 'vitest'
import { isCredentialError } from '../errors.ts'
import { MemoryBackend } from './memory-backend.ts'
import { MemoryDistributedLock } from './memory-distributed-lock.ts'

function open() {
  const clock = new FakeClock()
  const backend = new MemoryBackend({ clock })
  return { clock, first: new MemoryDistributedLock(backend), second: new MemoryDistributedLock(backend) }
}

test('waiters take turns in the order they came', async () => {
  const { first, second } = open()
  const order: number[] = []
  const held = await first.acquire('key', { waitMs: 1_000 })
  const turns = [0, 1, 2, 3, 4].map(async n => {
    await using _lease = await (n % 2 ? first : second).acquire('key', { waitMs: 1_000 })
    order.push(n)
  })
  await held.release()
  await Promise.all(turns)
  expect(order).toEqual([0, 1, 2, 3, 4])
})

test('a free lock does not overtake those who wait', async () => {
  const { first, second } = open()
  const held = await first.acquire('key', { waitMs: 1_000 })
  const waiting = second.acquire('key', { waitMs: 1_000 })
  await held.release()
  expect(await first.tryAcquire('key')).toBeUndefined()
  await (await waiting).release()
})

test('nothing is left running once nobody holds or waits', async () => {
  const { clock, first, second } = open()
  const held = await first.acquire('key', { waitMs: 1_000 })
  const waiting = second.acquire('key', { waitMs: 50 }).catch((error: unknown) => error)
  await clock.advance(50)
  expect(isCredentialError(await waiting, 'LOCK_TIMEOUT')).toBe(true)
  await held.release()
  expect(clock.pending).toBe(0)
})

test('a waiter gets the lock of a holder that died, when its 30 s are over', async () => {
  const { clock, first, second } = open()
  await first.acquire('key', { waitMs: 0 })
  await first.close()
  let taken = false
  const waiting = second.acquire('key', { waitMs: 60_000 }).then(lease => {
    taken = true
    return lease
  })
  await clock.advance(29_999)
  expect(taken).toBe(false)
  await clock.advance(1)
  expect(taken).toBe(true)
  await (await waiting).release()
  expect(clock.pending).toBe(0)
})
