import { strict as assert } from 'node:assert'
import type { CachedToken } from '@nebula-credential/core'
import type { ContractGroup } from '../contract-suite.ts'
import { assertSame } from '../expectations.ts'
import { fullRecord } from '../fixtures/sample-record.ts'
import { bytes, elapse, entryOf, hour, key, nowOf, shortMs } from './sample-token.ts'
import type { TokenCacheHarness } from './token-cache-harness.ts'

export const entryCases: ContractGroup<TokenCacheHarness> = {
  name: 'entries',
  cases: [
    {
      name: 'an unknown key is undefined',
      async run({ first }) {
        assertSame(await first.get(key), undefined)
      },
    },
    {
      name: 'what was set is seen by both instances, field by field and byte by byte',
      async run(harness) {
        const entry = entryOf(harness, 'token')
        assert.equal(await harness.first.set(key, entry, 1), true)
        assertSame(await harness.second.get(key), entry)
        assertSame(await harness.first.get(key), entry)
      },
    },
    {
      name: 'all sealed fields, unicode and binary content round trip',
      async run(harness) {
        const { id, type, status, stateVersion, generation } = fullRecord()
        const scope = { tenantId: "a'%{}😀", workflowId: 'w\n', userId: '__proto__', tags: ['z', 'a'] }
        const entry: CachedToken = {
          fields: { id, type, scope, shares: [{ userId: 'é' }], status, stateVersion, generation },
          sealed: Uint8Array.from({ length: 4_096 }, (_, n) => n % 256),
          expiresAt: nowOf(harness) + hour,
        }
        await harness.first.set(key, entry, 1)
        assertSame(await harness.second.get(key), entry)
      },
    },
    {
      name: 'changing what was set or got changes nothing that is cached',
      async run(harness) {
        const expected = entryOf(harness, 'token')
        const given = structuredClone(expected)
        await harness.first.set(key, given, 1)
        given.sealed.fill(0)
        const got = await harness.first.get(key)
        got?.sealed.fill(0)
        assertSame(await harness.first.get(key), expected)
      },
    },
    {
      name: 'keys are told apart exactly',
      async run(harness) {
        const keys = [
          'a',
          'A',
          'a:b',
          '1:a',
          'a%',
          'a_',
          'a*',
          '[a]',
          '{a}',
          'a b',
          '__proto__',
          'é',
          'e\u0301',
        ]
        for (const other of keys) await harness.first.set(other, entryOf(harness, `of ${other}`), 1)
        for (const other of keys) {
          assertSame(await harness.second.get(other), entryOf(harness, `of ${other}`))
        }
        await harness.second.invalidate('a', 2, hour)
        assertSame(await harness.first.get('a'), undefined)
        for (const other of keys.slice(1)) assert.ok(await harness.first.get(other), `${other} must stay`)
      },
    },
    {
      name: 'an entry is forgotten at its absolute expiry, not before',
      async run(harness) {
        await harness.first.set(key, entryOf(harness, 'long'), 1)
        const short = { ...entryOf(harness, 'short'), expiresAt: nowOf(harness) + shortMs }
        await harness.first.set('short', short, 1)
        assertSame(await harness.second.get('short'), short)
        await elapse(harness, shortMs + 50)
        assertSame(await harness.first.get('short'), undefined)
        assertSame(await harness.second.get('short'), undefined)
        assert.ok(await harness.second.get(key), 'an entry that has not expired must stay')
      },
    },
    {
      name: 'an entry that has expired already is not kept',
      async run(harness) {
        const expired = { ...entryOf(harness, 'old'), expiresAt: nowOf(harness) - 1_000 }
        await harness.first.set(key, expired, 1)
        assertSame(await harness.first.get(key), undefined)
      },
    },
    {
      name: 'an expired entry of a higher version stands in nobody’s way',
      async run(harness) {
        const short = { ...entryOf(harness, 'short'), expiresAt: nowOf(harness) + shortMs }
        await harness.first.set(key, short, 9)
        await elapse(harness, shortMs + 50)
        assert.equal(await harness.second.set(key, entryOf(harness, 'lower'), 3), true)
        assertSame((await harness.first.get(key))?.sealed, bytes('lower'))
      },
    },
  ],
}

export const orderCases: ContractGroup<TokenCacheHarness> = {
  name: 'order of versions',
  cases: [
    {
      name: 'a higher version replaces a lower one',
      async run(harness) {
        await harness.first.set(key, entryOf(harness, 'one'), 1)
        assert.equal(await harness.second.set(key, entryOf(harness, 'two'), 2), true)
        assertSame((await harness.first.get(key))?.sealed, bytes('two'))
      },
    },
    {
      name: 'a lower version loses and changes nothing',
      async run(harness) {
        await harness.first.set(key, entryOf(harness, 'ten'), 10)
        assert.equal(await harness.second.set(key, entryOf(harness, 'nine'), 9), false)
        assertSame((await harness.second.get(key))?.sealed, bytes('ten'))
      },
    },
    {
      name: 'the same version replaces',
      async run(harness) {
        await harness.first.set(key, entryOf(harness, 'one'), 4)
        assert.equal(await harness.second.set(key, entryOf(harness, 'other'), 4), true)
        assertSame((await harness.first.get(key))?.sealed, bytes('other'))
      },
    },
    {
      name: 'racing sets of two instances end with the highest version',
      async run(harness) {
        const versions = [5, 1, 20, 3, 19, 7, 2, 18, 4, 6]
        await Promise.all(
          versions.map((version, n) =>
            (n % 2 ? harness.first : harness.second).set(key, entryOf(harness, `v${version}`), version),
          ),
        )
        assertSame((await harness.first.get(key))?.sealed, bytes('v20'))
        assertSame((await harness.second.get(key))?.sealed, bytes('v20'))
      },
    },
  ],
}
