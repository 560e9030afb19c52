import { strict as assert } from 'node:assert'
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import type { DistributedLock } from '@nebula-credential/core'
import type { ContractGroup } from '../contract-suite.ts'
import { rejectsWith } from '../expectations.ts'
import type { DistributedLockHarness } from './distributed-lock-harness.ts'

const key = '4:acme:chat_bot_1'
const patient = { waitMs: 15_000 }

export const exclusionCases: ContractGroup<DistributedLockHarness> = {
  name: 'exclusion',
  cases: [
    {
      name: 'a free lock is taken at once and names its key and its owner',
      async run({ first }) {
        await using lease = await first.acquire(key, patient)
        assert.equal(lease.key, key)
        assert.ok(lease.ownerToken.length >= 16, 'an owner token must be unguessable')
        assert.equal(lease.signal.aborted, false)
      },
    },
    {
      name: 'tryAcquire takes a free lock, and is undefined at both instances while it is held',
      async run({ first, second }) {
        const lease = await first.tryAcquire(key)
        assert.ok(lease)
        assert.equal(await second.tryAcquire(key), undefined)
        assert.equal(await first.tryAcquire(key), undefined)
        await lease.release()
        const next = await second.tryAcquire(key)
        assert.ok(next, 'a released lock must be free')
        assert.notEqual(next.ownerToken, lease.ownerToken)
        await next.release()
      },
    },
    {
      name: 'never has two holders, and lets everybody through, under contention of both instances',
      async run({ first, second }) {
        let holders = 0
        let counter = 0
        const work = async (lock: DistributedLock) => {
          await using _lease = await lock.acquire(key, patient)
          holders++
          assert.equal(holders, 1, 'two holders at once')
          const seen = counter
          await nextTurn()
          counter = seen + 1
          holders--
        }
        await Promise.all(Array.from({ length: 24 }, (_, n) => work(n % 2 ? first : second)))
        assert.equal(counter, 24)
      },
    },
    {
      name: 'nobody starves while both instances take the lock again and again',
      async run({ first, second }) {
        const turns = { first: 0, second: 0 }
        const loop = async (who: 'first' | 'second', lock: DistributedLock) => {
          for (; turns[who] < 10; turns[who]++) {
            await using _lease = await lock.acquire(key, patient)
            await nextTurn()
          }
        }
        await Promise.all([loop('first', first), loop('first', first), loop('second', second)])
        assert.ok(turns.first >= 10 && turns.second >= 10)
      },
    },
    {
      name: 'locks of other keys are free',
      async run({ first, second }) {
        const keys = ['a', 'A', 'a:b', '1:a', 'a%', '{a}', 'é', 'e\u0301', '__proto__', 'x'.repeat(300)]
        const leases = []
        for (const [n, other] of keys.entries()) leases.push(await (n % 2 ? first : second).tryAcquire(other))
        assert.ok(leases.every(lease => lease !== undefined))
        for (const lease of leases) await lease?.release()
      },
    },
    {
      name: 'releasing twice frees the lock once, and never the next holder’s',
      async run({ first, second }) {
        const mine = await first.acquire(key, patient)
        await mine.release()
        const theirs = await second.acquire(key, patient)
        await mine.release()
        await mine[Symbol.asyncDispose]()
        assert.equal(await first.tryAcquire(key), undefined)
        assert.equal(theirs.signal.aborted, false)
        await theirs.release()
      },
    },
  ],
}

export const waitingCases: ContractGroup<DistributedLockHarness> = {
  name: 'waiting',
  cases: [
    {
      name: 'a waiter that waits long enough gets the lock when it is released',
      async run({ first, second }) {
        const held = await first.acquire(key, patient)
        const waiting = second.acquire(key, patient)
        await wait(50)
        await held.release()
        await (await waiting).release()
      },
    },
    {
      name: 'a waiter is woken by the release, within 250 ms even after a long wait',
      async run({ first, second }) {
        // A busy machine adds to a delay, so the least of some is what the lock takes.
        const delays: number[] = []
        while (delays.length < 4 && !delays.some(delay => delay < 250)) {
          const held = await first.acquire(key, patient)
          const waiting = second.acquire(key, patient)
          await wait(700)
          const releasedAt = performance.now()
          await held.release()
          const lease = await waiting
          delays.push(Math.round(performance.now() - releasedAt))
          await lease.release()
        }
        assert.ok(Math.min(...delays) < 250, `the waiter woke after ${delays.join(', ')} ms`)
      },
    },
    {
      name: 'a waiter gives up with LOCK_TIMEOUT after its time, not before',
      async run({ first, second }) {
        await using held = await first.acquire(key, patient)
        const startedAt = performance.now()
        await rejectsWith('LOCK_TIMEOUT', second.acquire(key, { waitMs: 200 }))
        const waited = performance.now() - startedAt
        assert.ok(waited > 150 && waited < 2_000, `it gave up after ${Math.round(waited)} ms`)
        assert.equal(held.signal.aborted, false)
      },
    },
    {
      name: 'one who does not wait at all gets a free lock, and LOCK_TIMEOUT for a held one',
      async run({ first, second }) {
        const held = await first.acquire(key, { waitMs: 0 })
        await rejectsWith('LOCK_TIMEOUT', second.acquire(key, { waitMs: 0 }))
        await held.release()
      },
    },
    {
      name: 'a waiter that gave up leaves nothing behind',
      async run({ first, second }) {
        const held = await first.acquire(key, patient)
        await rejectsWith('LOCK_TIMEOUT', second.acquire(key, { waitMs: 50 }))
        await held.release()
        const next = await first.acquire(key, { waitMs: 2_000 })
        await next.release()
      },
    },
    {
      name: 'an aborted signal ends the wait with its reason, and leaves nothing behind',
      async run({ first, second }) {
        const held = await first.acquire(key, patient)
        const abort = new AbortController()
        const reason = new Error('the caller went away')
        const waiting = second.acquire(key, { ...patient, signal: abort.signal })
        // Marked as handled, so that one that ends too early fails this case and nothing else.
        waiting.catch(() => {})
        await wait(50)
        abort.abort(reason)
        await assert.rejects(waiting, error => error === reason)
        await held.release()
        const next = await first.acquire(key, { waitMs: 2_000 })
        await next.release()
      },
    },
    {
      name: 'a signal that is aborted already takes no lock',
      async run({ first, second }) {
        const reason = new Error('too late')
        const signal = AbortSignal.abort(reason)
        await assert.rejects(first.acquire(key, { ...patient, signal }), error => error === reason)
        const lease = await second.tryAcquire(key)
        assert.ok(lease)
        await lease.release()
      },
    },
    {
      name: 'a signal that aborts after the lock was taken does not touch the lease',
      async run({ first, second }) {
        const abort = new AbortController()
        await using lease = await first.acquire(key, { ...patient, signal: abort.signal })
        abort.abort()
        await nextTurn()
        assert.equal(lease.signal.aborted, false)
        assert.equal(await second.tryAcquire(key), undefined)
      },
    },
  ],
}
