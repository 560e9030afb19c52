import { strict as assert } from 'node:assert'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type AuditEntry, type AuditSink, isCredentialError } from '@nebula-credential/core'
import type { ContractGroup, ContractSuite, Harness } from '../contract-suite.ts'
import { describeSuite } from '../describe-suite.ts'
import { assertSame, exactlyOneWins, rejectsWith } from '../expectations.ts'

/** Two sinks, as two processes would open them, on one fresh backend. */
export interface AuditSinkHarness extends Harness {
  readonly first: AuditSink
  readonly second: AuditSink
  /** Makes the backend unreachable for both sinks. Without it those cases are skipped. */
  breakBackend?(): Promise<void>
}

const chain = 'acme/3'
const maximumAttempts = 500
const hostileChains = [
  'a/1',
  'A/1',
  'a:b/1',
  "a'b/1",
  'a%/1',
  'a_/1',
  'a*/1',
  '{a}/1',
  'é/1',
  'e\u0301/1',
  '😀/1',
]

const appendCases: ContractGroup<AuditSinkHarness> = {
  name: 'append and read',
  cases: [
    {
      name: 'an empty chain has no head and no entries',
      async run({ first }) {
        assertSame(await first.head(chain), undefined)
        assertSame(await first.read(chain, 1, 10), [])
        assertSame(await first.heads('', 10), [])
      },
    },
    {
      name: 'appended entries and the head are seen by both instances, exactly as given',
      async run({ first, second }) {
        await first.append(chain, entries(1, 3), 0)
        assertSame(await second.read(chain, 1, 10), entries(1, 3))
        assertSame(await second.head(chain), { chain, sequence: 3, hash: hashOf(3) })
        await second.append(chain, entries(4, 1), 3)
        assertSame(await first.read(chain, 1, 10), entries(1, 4))
        assertSame(await first.head(chain), { chain, sequence: 4, hash: hashOf(4) })
      },
    },
    {
      name: 'the event’s text comes back character by character',
      async run({ first, second }) {
        const events = ['{"b":1,"a":2}', '{ "a" : 1.0 }', '{"text":"\\u00e9 é e\u0301 😀 \' \\" \\n"}', '"x"']
        const appended = events.map((event, n) => ({ ...entry(n + 1), event }))
        await first.append(chain, appended, 0)
        assertSame(
          (await second.read(chain, 1, 10)).map(read => read.event),
          events,
        )
      },
    },
    {
      name: 'reads from a sequence on, in order, and no more than asked for',
      async run({ first, second }) {
        for (let sequence = 1; sequence <= 12; sequence += 3) {
          await first.append(chain, entries(sequence, 3), sequence - 1)
        }
        assertSame(await second.read(chain, 1, 5), entries(1, 5))
        assertSame(await second.read(chain, 6, 5), entries(6, 5))
        assertSame(await second.read(chain, 11, 5), entries(11, 2))
        assertSame(await second.read(chain, 13, 5), [])
        assertSame(await second.read(chain, 9, 1), entries(9, 1))
      },
    },
    {
      name: 'an append on another head is refused, and nothing of it is kept',
      async run({ first, second }) {
        await first.append(chain, entries(1, 2), 0)
        await rejectsWith('VERSION_CONFLICT', second.append(chain, entries(1, 1), 0))
        await rejectsWith('VERSION_CONFLICT', second.append(chain, entries(2, 3), 1))
        await rejectsWith('VERSION_CONFLICT', second.append(chain, entries(6, 1), 5))
        await rejectsWith('VERSION_CONFLICT', second.append('other/1', entries(2, 1), 1))
        assertSame(await first.read(chain, 1, 10), entries(1, 2))
        assertSame(await first.head(chain), { chain, sequence: 2, hash: hashOf(2) })
        assertSame(await first.head('other/1'), undefined)
        assertSame(await first.read('other/1', 1, 10), [])
      },
    },
    {
      name: 'a batch of 100 entries is appended as one',
      async run({ first, second }) {
        await first.append(chain, entries(1, 100), 0)
        assertSame(await second.read(chain, 1, 1_000), entries(1, 100))
      },
    },
    {
      name: 'exactly one of several racing appends wins, whole',
      async run({ first, second }) {
        const batches = Array.from({ length: 6 }, (_, n) =>
          entries(1, 3).map(appended => ({ ...appended, event: `"racer ${n}"` })),
        )
        const races = batches.map((batch, n) => (n % 2 ? first : second).append(chain, batch, 0))
        const winner = await exactlyOneWins('VERSION_CONFLICT', races)
        assertSame(await first.read(chain, 1, 10), batches[winner])
      },
    },
    {
      name: 'two instances that append as fast as they can make one chain without a gap',
      async run({ first, second }) {
        await Promise.all([first, second, first, second].map(sink => appendRepeatedly(sink, 8)))
        const read = await first.read(chain, 1, 100)
        assert.deepEqual(
          read.map(({ sequence }) => sequence),
          Array.from({ length: 32 }, (_, n) => n + 1),
        )
        assert.deepEqual(
          read.map(({ previousHash }) => previousHash),
          ['start', ...read.slice(0, -1).map(({ hash }) => hash)],
        )
        assertSame(await second.head(chain), { chain, sequence: 32, hash: read.at(-1)?.hash })
      },
    },
    {
      name: 'chains of any name are told apart',
      async run({ first, second }) {
        for (const [n, name] of hostileChains.entries()) await first.append(name, entries(1, n + 1), 0)
        for (const [n, name] of hostileChains.entries()) {
          assertSame((await second.head(name))?.sequence, n + 1)
          assertSame((await second.read(name, 1, 100)).length, n + 1)
        }
      },
    },
  ],
}

const headsCases: ContractGroup<AuditSinkHarness> = {
  name: 'heads',
  cases: [
    {
      name: 'lists the newest head of each chain, ordered by name',
      async run({ first, second }) {
        for (const name of ['c/1', 'a/2', 'b/1', 'a/1']) await first.append(name, entries(1, 1), 0)
        await second.append('a/1', entries(2, 2), 1)
        assertSame(await second.heads('', 10), [
          { chain: 'a/1', sequence: 3, hash: hashOf(3) },
          ...['a/2', 'b/1', 'c/1'].map(name => ({ chain: name, sequence: 1, hash: hashOf(1) })),
        ])
      },
    },
    {
      name: 'lists only chains whose name starts with the prefix, taken literally',
      async run({ first, second }) {
        const names = ['a%b/1', 'a%/1', 'ab/1', 'a_/1', 'a_b/1', 'A%/1', 'xa%/1', 'a*/1', 'a[b]/1', 'a\\b/1']
        for (const name of names) await first.append(name, entries(1, 1), 0)
        for (const prefix of ['a%', 'a_', 'a*', 'a[', 'a\\', 'A', 'a', 'none']) {
          const found = (await second.heads(prefix, 100)).map(head => head.chain)
          assert.deepEqual(found.toSorted(), names.filter(name => name.startsWith(prefix)).toSorted(), prefix)
        }
      },
    },
    {
      name: 'pages of any size list every chain once',
      async run({ first, second }) {
        const names = Array.from({ length: 11 }, (_, n) => `t/${String(n).padStart(2, '0')}`)
        for (const name of [...names, 'other/1']) await first.append(name, entries(1, 1), 0)
        for (const limit of [1, 2, 3, 11, 12]) {
          const seen: string[] = []
          for (let turn = 0; turn < 20; turn++) {
            const page = await second.heads('t/', limit, seen.at(-1))
            assert.ok(page.length <= limit)
            seen.push(...page.map(head => head.chain))
            if (page.length < limit) break
          }
          assert.deepEqual(seen, names, `pages of ${limit}`)
        }
      },
    },
  ],
}

const calls: Readonly<Record<string, (sink: AuditSink) => Promise<unknown>>> = {
  head: sink => sink.head(chain),
  append: sink => sink.append(chain, entries(1, 1), 0),
  read: sink => sink.read(chain, 1, 1),
  heads: sink => sink.heads('', 1),
}

const closingCases: ContractGroup<AuditSinkHarness> = {
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
      name: 'the other instance goes on, with all that was appended',
      async run({ first, second }) {
        await first.append(chain, entries(1, 2), 0)
        await first.close()
        await second.append(chain, entries(3, 1), 2)
        assertSame(await second.read(chain, 1, 10), entries(1, 3))
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

/** What an AuditSink must do, as data. */
export const auditSinkSuite: ContractSuite<AuditSinkHarness> = {
  port: 'AuditSink',
  groups: [appendCases, headsCases, closingCases],
}

export function describeAuditSink(name: string, open: () => Promise<AuditSinkHarness>): void {
  describeSuite(name, auditSinkSuite, open)
}

async function appendRepeatedly(sink: AuditSink, times: number): Promise<void> {
  let done = 0
  for (let attempt = 0; attempt < maximumAttempts && done < times; attempt++) {
    const head = await sink.head(chain)
    const sequence = head?.sequence ?? 0
    try {
      await sink.append(chain, [{ ...entry(sequence + 1), previousHash: head?.hash ?? 'start' }], sequence)
      done++
    } catch (error) {
      if (!isCredentialError(error, 'VERSION_CONFLICT')) throw error
      await nextTurn()
    }
  }
  assert.equal(done, times, `no more than ${done} appends won in ${maximumAttempts} attempts`)
}

function entries(from: number, count: number): readonly AuditEntry[] {
  return Array.from({ length: count }, (_, n) => entry(from + n))
}

function entry(sequence: number): AuditEntry {
  const event = `{"at":${sequence},"action":"credential.read","count":1}`
  return { sequence, previousHash: hashOf(sequence - 1), hash: hashOf(sequence), keyId: 'k1', event }
}

function hashOf(sequence: number): string {
  return sequence.toString(16).padStart(64, '0')
}
