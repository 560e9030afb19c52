import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { FakeClock } from '@nebula-credential/testing'
import { describe, expect, test } from 'vitest'
import { bearerToken } from '../../credential/token-kind.ts'
import { newCredentialId } from '../../record/ids.ts'
import type { Context } from '../../record/scope.ts'
import { lend } from '../../secret/secret-string.ts'
import { HotCache, type HotEntry } from './hot-cache.ts'

const ann = { tenantId: 'acme', actor: 'ann' }
const bob = { tenantId: 'acme', actor: 'bob' }

function cache(maxEntries = 3) {
  const clock = new FakeClock()
  const reads: [string, string | undefined, number][] = []
  const hot = new HotCache({
    maxEntries,
    clock,
    onReads: (entry, context, count) => reads.push([entry.fields.id, context.actor, count]),
  })
  return { clock, hot, reads }
}

function entry(clock: FakeClock, id: string, version = 1, allowed?: Context): HotEntry {
  const token = bearerToken.mint({ value: lend('x') }, 1)
  return {
    token,
    promise: Promise.resolve(token),
    error: undefined,
    fields: {
      id: id as HotEntry['fields']['id'],
      type: 'bot',
      scope: { tenantId: 'acme' },
      shares: [],
      generation: 1,
    },
    version,
    allowed,
    freshUntil: clock.now() + 1_000,
    staleAt: clock.now() + 1_000,
    dueAt: Number.POSITIVE_INFINITY,
    reads: 0,
    queued: false,
    visited: false,
  }
}

function readAndForget(hot: HotCache, clock: FakeClock, id: string): WeakRef<HotEntry> {
  const made = entry(clock, id)
  hot.put(made)
  hot.countRead(made, ann)
  return new WeakRef(made)
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

describe('HotCache', () => {
  test('holds no more than it may, and evicts what was not read', () => {
    const { clock, hot } = cache(3)
    for (const id of ['a', 'b', 'c']) hot.put(entry(clock, id))
    hot.countRead(hot.entries.get('a') as HotEntry, ann)
    hot.put(entry(clock, 'd'))
    expect([...hot.entries.keys()].sort()).toEqual(['a', 'c', 'd'])
    for (let i = 0; i < 100; i++) hot.put(entry(clock, newCredentialId('bot')))
    expect(hot.entries.size).toBe(3)
  })

  test('with no room it keeps nothing, and says so', () => {
    const { clock, hot } = cache(0)
    expect(hot.put(entry(clock, 'a'))).toBe(false)
    expect(hot.entries.size).toBe(0)
  })

  test('lets go of what it evicted, although the reads of it were not handed over by a flush yet', async () => {
    const { clock, hot } = cache(3)
    const evicted = readAndForget(hot, clock, 'a')
    for (let i = 0; i < 20; i++) readAndForget(hot, clock, newCredentialId('bot'))
    await nextTurn()
    collectGarbage()
    expect(evicted.deref()).toBeUndefined()
  })

  test('counts every read once, for the context that made it, also of what was evicted or replaced', () => {
    const { clock, hot, reads } = cache(2)
    const first = entry(clock, 'a')
    hot.put(first)
    for (const context of [ann, ann, bob, ann]) hot.countRead(first, context)
    hot.put(entry(clock, 'a', 2))
    hot.countRead(hot.entries.get('a') as HotEntry, bob)
    hot.flushReads()
    hot.flushReads()
    expect(reads).toEqual([
      ['a', 'ann', 2],
      ['a', 'bob', 1],
      ['a', 'ann', 1],
      ['a', 'bob', 1],
    ])
  })

  test('a newer entry is not replaced by an older one', () => {
    const { clock, hot } = cache()
    hot.put(entry(clock, 'a', 5))
    hot.put(entry(clock, 'a', 4))
    expect(hot.entries.get('a')?.version).toBe(5)
  })

  test('what was loaded before an invalidation is not kept after it', () => {
    const { clock, hot } = cache()
    const before = hot.beginLoad('a')
    hot.invalidate('a', 2)
    const after = hot.beginLoad('a')
    hot.put(entry(clock, 'a', 1), before)
    expect(hot.entries.size).toBe(0)
    hot.put(entry(clock, 'a', 2), after)
    expect(hot.entries.size).toBe(1)
    hot.endLoad(before)
    hot.endLoad(after)
    const during = hot.beginLoad('a')
    hot.clear()
    hot.put(entry(clock, 'a', 3), during)
    expect(hot.entries.size).toBe(0)
  })

  test('an invalidation drops older entries only', () => {
    const { clock, hot } = cache()
    hot.put(entry(clock, 'a', 3))
    hot.invalidate('a', 3)
    expect(hot.entries.size).toBe(1)
    hot.invalidate('a', 4)
    expect(hot.entries.size).toBe(0)
  })
})
