import { strict as assert } from 'node:assert'
import type { ContractGroup } from '../contract-suite.ts'
import { assertSame } from '../expectations.ts'
import { bytes, elapse, entryOf, hour, key, nowOf, shortMs } from './sample-token.ts'
import type { TokenCacheHarness } from './token-cache-harness.ts'

export const tombstoneCases: ContractGroup<TokenCacheHarness> = {
  name: 'tombstones',
  cases: [
    {
      name: 'an invalidation removes entries below its version, for both instances',
      async run(harness) {
        await harness.first.set(key, entryOf(harness, 'one'), 1)
        await harness.second.invalidate(key, 2, hour)
        assertSame(await harness.first.get(key), undefined)
        assertSame(await harness.second.get(key), undefined)
      },
    },
    {
      name: 'an entry of the invalidation’s version or above stays',
      async run(harness) {
        await harness.first.set(key, entryOf(harness, 'two'), 2)
        await harness.second.invalidate(key, 2, hour)
        assertSame((await harness.first.get(key))?.sealed, bytes('two'))
        await harness.second.invalidate(key, 1, hour)
        assertSame((await harness.first.get(key))?.sealed, bytes('two'))
      },
    },
    {
      name: 'a late set below the tombstone loses, with or without an entry before',
      async run(harness) {
        await harness.first.invalidate(key, 3, hour)
        assert.equal(await harness.second.set(key, entryOf(harness, 'late'), 2), false)
        assertSame(await harness.first.get(key), undefined)
        await harness.first.set('other', entryOf(harness, 'early'), 1)
        await harness.first.invalidate('other', 3, hour)
        assert.equal(await harness.second.set('other', entryOf(harness, 'late'), 1), false)
        assertSame(await harness.second.get('other'), undefined)
      },
    },
    {
      name: 'a set at or above the tombstone wins',
      async run(harness) {
        await harness.first.invalidate(key, 3, hour)
        assert.equal(await harness.second.set(key, entryOf(harness, 'three'), 3), true)
        assertSame((await harness.first.get(key))?.sealed, bytes('three'))
      },
    },
    {
      name: 'a tombstone goes on standing behind an entry that won',
      async run(harness) {
        await harness.first.invalidate(key, 3, hour)
        const short = { ...entryOf(harness, 'three'), expiresAt: nowOf(harness) + shortMs }
        await harness.second.set(key, short, 3)
        await elapse(harness, shortMs + 50)
        assert.equal(await harness.first.set(key, entryOf(harness, 'late'), 2), false)
        assertSame(await harness.first.get(key), undefined)
      },
    },
    {
      name: 'a lower invalidation never lowers a tombstone',
      async run(harness) {
        await harness.first.invalidate(key, 5, hour)
        await harness.second.invalidate(key, 2, hour)
        assert.equal(await harness.first.set(key, entryOf(harness, 'four'), 4), false)
        assertSame(await harness.second.get(key), undefined)
      },
    },
    {
      name: 'a lower invalidation never shortens a tombstone',
      async run(harness) {
        await harness.first.invalidate(key, 5, hour)
        await harness.second.invalidate(key, 2, shortMs)
        await elapse(harness, shortMs + 50)
        assert.equal(await harness.first.set(key, entryOf(harness, 'four'), 4), false)
      },
    },
    {
      name: 'a higher invalidation raises the tombstone',
      async run(harness) {
        await harness.first.invalidate(key, 2, hour)
        await harness.second.invalidate(key, 5, hour)
        assert.equal(await harness.first.set(key, entryOf(harness, 'four'), 4), false)
      },
    },
    {
      name: 'a tombstone leaves after its ttl, not before',
      async run(harness) {
        await harness.first.invalidate(key, 5, shortMs)
        assert.equal(await harness.second.set(key, entryOf(harness, 'four'), 4), false)
        await elapse(harness, shortMs + 50)
        assert.equal(await harness.second.set(key, entryOf(harness, 'four'), 4), true)
        assertSame((await harness.first.get(key))?.sealed, bytes('four'))
      },
    },
    {
      name: 'no order of racing sets and an invalidation leaves an entry below it',
      async run(harness) {
        for (let round = 0; round < 10; round++) {
          const raced = `${key}:${round}`
          await Promise.all([
            harness.first.set(raced, entryOf(harness, 'one'), 1),
            harness.second.invalidate(raced, 2, hour),
            harness.second.set(raced, entryOf(harness, 'one'), 1),
          ])
          assertSame(await harness.first.get(raced), undefined)
        }
      },
    },
  ],
}
