import { once } from 'node:events'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { SqliteDistributedLock } from './distributed-lock.ts'
import { temporaryFile } from './test/temporary-file.ts'

test('a lost lease that nobody releases lets the next waiter of its own process through', async () => {
  using file = temporaryFile()
  const lock = new SqliteDistributedLock(file.path, { ttlMs: 60_000, renewEveryMs: 50 })
  const lost = await lock.acquire('k', { waitMs: 1_000 })
  const waiting = lock.acquire('k', { waitMs: 30_000 })
  using hostile = new DatabaseSync(file.path)
  hostile.exec('DELETE FROM lease')
  await once(lost.signal, 'abort')
  expect(lost.signal.reason).toMatchObject({ code: 'LOCK_LOST' })
  const next = await waiting
  await lost.release()
  expect(await lock.tryAcquire('k')).toBeUndefined()
  await next.release()
  await lock.close()
})

test('a waiter of the same process is woken by the release itself, in the order of asking', async () => {
  using file = temporaryFile()
  const lock = new SqliteDistributedLock(file.path)
  const order: number[] = []
  const held = await lock.acquire('k', { waitMs: 1_000 })
  const waiters = Array.from({ length: 20 }, async (_, n) => {
    await using _lease = await lock.acquire('k', { waitMs: 30_000 })
    order.push(n)
  })
  await held.release()
  await Promise.all(waiters)
  expect(order).toEqual(Array.from({ length: 20 }, (_, n) => n))
  await lock.close()
})

test.each([{ ttlMs: 0 }, { renewEveryMs: -1 }, { ttlMs: 1_000, renewEveryMs: 1_000 }])(
  'timing %j is refused at once',
  timing => {
    const open = () => new SqliteDistributedLock('nebula.db', timing)
    expect(open).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  },
)
