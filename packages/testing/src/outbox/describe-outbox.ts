import { strict as assert } from 'node:assert'
import type { Outbox, OutboxEntry } from '@nebula-credential/core'
import type { ContractGroup, ContractSuite, Harness } from '../contract-suite.ts'
import { describeSuite } from '../describe-suite.ts'
import { assertSame, rejectsWith } from '../expectations.ts'
import { sampleId, sampleInstant } from '../fixtures/sample-record.ts'

/** Two outboxes, as two processes would open them, on one fresh backend. */
export interface OutboxHarness extends Harness {
  readonly first: Outbox
  readonly second: Outbox
  /** Makes the backend unreachable for both outboxes. Without it those cases are skipped. */
  breakBackend?(): Promise<void>
}

const hostileNames = [
  'a',
  'A',
  'a:b',
  '1:a',
  '../a',
  'a/b',
  "a'b",
  'a%',
  '{a}',
  'é',
  'e\u0301',
  '😀',
  '\\',
  '.',
]

const entryCases: ContractGroup<OutboxHarness> = {
  name: 'entries',
  cases: [
    {
      name: 'both instances name the same place, without anything in it yet',
      async run({ first, second }) {
        assert.ok(first.name.length > 0)
        assert.equal(second.name, first.name)
        assertSame(await first.list('acme', sampleId()), [])
      },
    },
    {
      name: 'what was put is seen by both instances, field by field and byte by byte',
      async run({ first, second }) {
        const sealed = Uint8Array.from({ length: 10_240 }, (_, n) => n % 256)
        const entry = entryOf({ sealed, generation: 4_000_000_000 })
        await first.put(entry)
        assertSame(await second.list('acme', entry.id), [entry])
        assertSame(await first.list('acme', entry.id), [entry])
      },
    },
    {
      name: 'entries come oldest first, whatever order they were put in',
      async run({ first, second }) {
        const entries = [3, 1, 2, 10].map(n =>
          entryOf({ attemptId: `attempt ${n}`, createdAt: sampleInstant + n }),
        )
        for (const [n, entry] of entries.entries()) await (n % 2 ? first : second).put(entry)
        const listed = await second.list('acme', sampleId())
        assert.deepEqual(
          listed.map(entry => entry.attemptId),
          ['attempt 1', 'attempt 2', 'attempt 3', 'attempt 10'],
        )
      },
    },
    {
      name: 'putting the same attempt again replaces it',
      async run({ first, second }) {
        await first.put(entryOf())
        const again = entryOf({ sealed: Uint8Array.of(7), createdAt: sampleInstant + 1 })
        await second.put(again)
        assertSame(await first.list('acme', again.id), [again])
      },
    },
    {
      name: 'remove forgets one attempt only',
      async run({ first, second }) {
        const other = entryOf({ attemptId: 'other attempt' })
        await first.put(entryOf())
        await first.put(other)
        await second.remove('acme', other.id, entryOf().attemptId)
        assertSame(await first.list('acme', other.id), [other])
        assertSame(await second.list('acme', other.id), [other])
      },
    },
    {
      name: 'removing what is not there does nothing',
      async run({ first, second }) {
        await first.remove('acme', sampleId(), 'attempt')
        await first.put(entryOf())
        await first.remove('acme', sampleId(), 'unknown attempt')
        await first.remove('other', sampleId(), entryOf().attemptId)
        await first.remove('acme', sampleId(1), entryOf().attemptId)
        assertSame(await second.list('acme', sampleId()), [entryOf()])
        await first.remove('acme', sampleId(), entryOf().attemptId)
        await second.remove('acme', sampleId(), entryOf().attemptId)
        assertSame(await second.list('acme', sampleId()), [])
      },
    },
    {
      name: 'credentials, tenants and attempts of any name are told apart',
      async run({ first, second }) {
        for (const tenantId of hostileNames) await first.put(entryOf({ tenantId }))
        for (const id of hostileNames) await first.put(entryOf({ id }))
        for (const attemptId of hostileNames) await first.put(entryOf({ attemptId, id: 'attempts' }))
        for (const tenantId of hostileNames) {
          assertSame(await second.list(tenantId, sampleId()), [entryOf({ tenantId })])
        }
        for (const id of hostileNames) assertSame(await second.list('acme', id), [entryOf({ id })])
        assert.equal((await second.list('acme', 'attempts')).length, hostileNames.length)
        await second.remove('acme', 'attempts', 'a')
        assert.equal((await first.list('acme', 'attempts')).length, hostileNames.length - 1)
      },
    },
    {
      name: 'racing puts of two instances are all kept',
      async run({ first, second }) {
        const entries = Array.from({ length: 12 }, (_, n) =>
          entryOf({ attemptId: `attempt ${n}`, createdAt: sampleInstant + n }),
        )
        await Promise.all(entries.map((entry, n) => (n % 2 ? first : second).put(entry)))
        assertSame(await first.list('acme', sampleId()), entries)
      },
    },
    {
      name: 'changing what was put or listed changes nothing that is kept',
      async run({ first }) {
        const given = entryOf()
        await first.put(given)
        given.sealed.fill(0)
        ;(await first.list('acme', given.id))[0]?.sealed.fill(0)
        assertSame(await first.list('acme', given.id), [entryOf()])
      },
    },
  ],
}

const calls: Readonly<Record<string, (outbox: Outbox) => Promise<unknown>>> = {
  put: outbox => outbox.put(entryOf()),
  list: outbox => outbox.list('acme', sampleId()),
  remove: outbox => outbox.remove('acme', sampleId(), 'attempt'),
}

const closingCases: ContractGroup<OutboxHarness> = {
  name: 'closing',
  cases: [
    {
      name: 'every method after close rejects with CLOSED, and closing twice does nothing',
      async run({ first }) {
        await first.close()
        await first.close()
        for (const call of Object.values(calls)) await rejectsWith('CLOSED', call(first))
      },
    },
    {
      name: 'an acknowledged entry outlives the instance that put it',
      async run({ first, second }) {
        await first.put(entryOf())
        await first.close()
        assertSame(await second.list('acme', sampleId()), [entryOf()])
      },
    },
    {
      name: 'every method rejects with STORAGE_UNAVAILABLE when the backend cannot be reached',
      skip: ({ breakBackend }) =>
        breakBackend === undefined ? 'the harness offers no breakBackend' : undefined,
      async run({ first, breakBackend }) {
        await breakBackend?.()
        for (const call of Object.values(calls)) await rejectsWith('STORAGE_UNAVAILABLE', call(first))
      },
    },
  ],
}

/** What an Outbox must do, as data. */
export const outboxSuite: ContractSuite<OutboxHarness> = {
  port: 'Outbox',
  groups: [entryCases, closingCases],
}

export function describeOutbox(name: string, open: () => Promise<OutboxHarness>): void {
  describeSuite(name, outboxSuite, open)
}

function entryOf(overrides: Partial<OutboxEntry> = {}): OutboxEntry {
  return {
    ...{ tenantId: 'acme', id: sampleId(), attemptId: 'first attempt', generation: 3 },
    ...{ sealed: Uint8Array.of(1, 0, 255), createdAt: sampleInstant },
    ...overrides,
  }
}
