import { strict as assert } from 'node:assert'
import type { CredentialRecord, ListFilter, StateStore } from '@nebula-credential/core'
import type { ContractGroup } from '../contract-suite.ts'
import { rejectsWith } from '../expectations.ts'
import { sampleId, sampleRecord } from '../fixtures/sample-record.ts'
import type { StateStoreHarness } from './state-store-harness.ts'

const tenants = ['acme', 'beta', 'gamma']
const perTenant = 7

export const pagingCases: ContractGroup<StateStoreHarness> = {
  name: 'paging',
  cases: [
    {
      name: 'pages of any size list every record once, in order, across tenants',
      async run({ first, second }) {
        const expected = await fill(first)
        for (const limit of [1, 2, 3, 7, 20, 21, 22, 1_000]) {
          assert.deepEqual(await walk([second], {}, limit), expected, `pages of ${limit}`)
        }
      },
    },
    {
      name: 'pages of a filter list every match once',
      async run({ first, second }) {
        const all = await fill(first)
        const even = all.filter(name => Number(name.split('/')[1]) % 2 === 0)
        const ofBeta = even.filter(name => name.startsWith('beta/'))
        for (const limit of [1, 2, 3]) {
          assert.deepEqual(await walk([first], { type: 'chat_bot' }, limit), even)
          assert.deepEqual(await walk([second], { dueBefore: 10 }, limit), even)
          const labels = { parity: 'even' }
          assert.deepEqual(await walk([second], { tenantId: 'beta', labels }, limit), ofBeta)
        }
      },
    },
    {
      name: 'pages of due records go by due time across tenants, with no record lost between equal times',
      async run({ first, second }) {
        const due = [30, 10, 20, 10, 20, 10, 30, 10]
        for (const [number, dueAt] of due.entries()) {
          const tenantId = number < 4 ? 'beta' : 'acme'
          await first.create(sampleRecord({ id: sampleId(number), scope: { tenantId }, dueAt }))
        }
        const expected = ['acme/5', 'acme/7', 'beta/1', 'beta/3', 'acme/4', 'beta/2', 'acme/6', 'beta/0']
        for (const limit of [1, 2, 3, 4, 8]) {
          assert.deepEqual(
            await walk([second, first], { dueBefore: 30 }, limit),
            expected,
            `pages of ${limit}`,
          )
        }
        assert.deepEqual(await walk([first], { dueBefore: 29 }, 2), expected.slice(0, 6))
      },
    },
    {
      name: 'no page is longer than its limit, and a page that is not the last is full',
      async run({ first }) {
        await fill(first)
        let cursor: string | undefined
        do {
          const page = await first.list({}, { limit: 4, ...(cursor !== undefined && { cursor }) })
          assert.ok(page.records.length <= 4)
          if (page.cursor !== undefined) assert.equal(page.records.length, 4)
          cursor = page.cursor
        } while (cursor !== undefined)
      },
    },
    {
      name: 'a cursor of one instance goes on at the other',
      async run({ first, second }) {
        const expected = await fill(first)
        assert.deepEqual(await walk([first, second], {}, 2), expected)
      },
    },
    {
      name: 'records written during the walk, before and behind the cursor, shift no page',
      async run({ first, second }) {
        const all = await fill(first)
        let round = 0
        const seen = await walk([first], {}, 3, async lastSeen => {
          await second.create(numbered('aaa', round))
          await second.create(numbered('zzz', round))
          await touch(second, lastSeen)
          round++
        })
        assert.deepEqual(
          seen.filter(name => !name.startsWith('zzz/')),
          all,
        )
        assert.equal(new Set(seen).size, seen.length, 'nothing may be listed twice')
      },
    },
    {
      name: 'records deleted during the walk, before and behind the cursor, shift no page',
      async run({ first, second }) {
        const all = await fill(first)
        const doomed = new Set(all.filter((_, index) => index % 3 === 0))
        let round = 0
        const seen = await walk([first], {}, 3, async () => {
          // One that was listed already, and one that was not.
          await remove(second, all[round * 3] as string)
          await remove(second, all[18 - round * 3] as string)
          round++
        })
        for (const name of all.filter(name => !doomed.has(name))) {
          assert.equal(seen.filter(other => other === name).length, 1, `${name} must be listed once`)
        }
        assert.equal(new Set(seen).size, seen.length, 'nothing may be listed twice')
      },
    },
    {
      name: 'a cursor whose record was deleted goes on behind it',
      async run({ first, second }) {
        const all = await fill(first)
        const page = await first.list({}, { limit: 5 })
        await remove(second, all[4] as string)
        const next = await second.list({}, { limit: 1, cursor: page.cursor as string })
        assert.deepEqual(next.records.map(nameOf), [all[5]])
      },
    },
    {
      name: 'a limit outside 1 to 1,000 is refused',
      async run({ first }) {
        for (const limit of [0, -1, 1_001, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
          await rejectsWith('INPUT_INVALID', first.list({}, { limit }))
        }
        assert.deepEqual((await first.list({}, { limit: 1_000 })).records, [])
      },
    },
    {
      name: 'what no page returned is refused as a cursor',
      async run({ first }) {
        await fill(first)
        const { cursor } = await first.list({}, { limit: 2 })
        assert.ok(cursor)
        for (const bad of ['', 'x', 'acme', '{}', 'bnVsbA', `${cursor}x`, cursor.slice(1), "' OR 1=1 --"]) {
          await rejectsWith('INPUT_INVALID', first.list({}, { limit: 2, cursor: bad }))
        }
      },
    },
  ],
}

async function fill(store: StateStore): Promise<readonly string[]> {
  const names: string[] = []
  for (const tenantId of tenants) {
    for (let number = 0; number < perTenant; number++) {
      const record = numbered(tenantId, number)
      await store.create(record)
      names.push(nameOf(record))
    }
  }
  return names
}

function numbered(tenantId: string, number: number): CredentialRecord {
  const even = number % 2 === 0
  return sampleRecord({
    id: sampleId(number),
    type: even ? 'chat_bot' : 'api_key',
    scope: { tenantId },
    labels: { parity: even ? 'even' : 'odd' },
    ...(even && { dueAt: 10 }),
  })
}

function nameOf(record: Pick<CredentialRecord, 'scope' | 'id'>): string {
  return `${record.scope.tenantId}/${Number(record.id.slice(-26))}`
}

/** Walks all pages, taking turns between the stores. Stops a store that never ends. */
async function walk(
  stores: readonly StateStore[],
  filter: ListFilter,
  limit: number,
  between: (lastSeen: string) => Promise<void> = async () => {},
): Promise<readonly string[]> {
  const seen: string[] = []
  let cursor: string | undefined
  for (let turn = 0; turn < 200; turn++) {
    const store = stores[turn % stores.length] as StateStore
    const page = await store.list(filter, { limit, ...(cursor !== undefined && { cursor }) })
    seen.push(...page.records.map(nameOf))
    if (page.cursor === undefined) return seen
    cursor = page.cursor
    if (turn < 5) await between(seen.at(-1) as string)
  }
  return assert.fail('the walk must come to an end')
}

async function remove(store: StateStore, name: string): Promise<void> {
  const key = keyOf(name)
  const record = await store.get(key.tenantId, key.id)
  if (record !== undefined) await store.delete(key, record.version)
}

async function touch(store: StateStore, name: string): Promise<void> {
  const key = keyOf(name)
  const record = await store.get(key.tenantId, key.id)
  if (record !== undefined) await store.updateMetadata(key, record, record.version, record.updatedAt + 1)
}

function keyOf(name: string) {
  const [tenantId = '', number] = name.split('/')
  return { tenantId, id: sampleId(Number(number)) as string }
}
