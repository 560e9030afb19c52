import {
  type CredentialRecord,
  credentialKey,
  encodeCursor,
  type ListFilter,
  type ListPage,
  MemoryStateStore,
  type Page,
} from '@nebula-credential/core'
import type { StateStoreHarness } from '../../src/index.ts'
import { breakStateStore, keyOf } from './break-state-store.ts'
import type { Mutant } from './mutant.ts'

const readMutants = [
  breakStateStore(
    'the tenant is ignored',
    'another tenant does not see it',
    backend =>
      new (class extends MemoryStateStore {
        override async get(_tenantId: string, id: string) {
          return [...backend.records.values()].find(record => record.id === id)
        }
      })(backend),
  ),
  breakStateStore(
    'tenants are compared without case',
    'tenants with similar names never see or touch each other',
    backend =>
      new (class extends MemoryStateStore {
        override async get(tenantId: string, id: string) {
          return [...backend.records.values()].find(
            record => record.id === id && record.scope.tenantId.toLowerCase() === tenantId.toLowerCase(),
          )
        }
      })(backend),
  ),
  breakStateStore(
    'put records are aliased',
    'changing what was put or got changes nothing that is stored',
    backend =>
      new (class extends MemoryStateStore {
        override async create(record: CredentialRecord) {
          await super.create(record)
          backend.records.set(keyOf(record), record)
        }
      })(backend),
  ),
  breakStateStore(
    'got records are aliased',
    'changing what was put or got changes nothing that is stored',
    backend =>
      new (class extends MemoryStateStore {
        override async get(tenantId: string, id: string) {
          return backend.records.get(credentialKey(tenantId, id))
        }
      })(backend),
  ),
  breakStateStore(
    'an instance caches what it has read',
    'what was deleted is gone for both instances, from get and from every list',
    backend =>
      new (class extends MemoryStateStore {
        readonly #seen = new Map<string, CredentialRecord | undefined>()
        override async create(record: CredentialRecord) {
          await super.create(record)
          this.#seen.set(keyOf(record), record)
        }
        override async get(tenantId: string, id: string) {
          return this.#seen.get(credentialKey(tenantId, id)) ?? super.get(tenantId, id)
        }
      })(backend),
  ),
  breakStateStore(
    'the state is kept as text',
    'keeps state of every byte value',
    backend =>
      new (class extends MemoryStateStore {
        override async create(record: CredentialRecord) {
          await super.create({ ...record, state: Buffer.from(Buffer.from(record.state).toString()) })
        }
      })(backend),
  ),
  breakStateStore(
    'labels are assigned one by one',
    'label names of any text are kept and found, prototype keys included',
    backend =>
      new (class extends MemoryStateStore {
        override async create(record: CredentialRecord) {
          const labels: Record<string, string> = {}
          for (const [name, value] of Object.entries(record.labels)) labels[name] = value
          await super.create({ ...record, labels })
        }
      })(backend),
  ),
  breakStateStore(
    'an instance works after it was closed',
    'get after close rejects with CLOSED',
    backend =>
      new (class extends MemoryStateStore {
        override async close() {}
      })(backend),
  ),
]

type List = (filter: ListFilter, page: Page, list: MemoryStateStore['list']) => Promise<ListPage>

function listing(name: string, caughtBy: string, list: List) {
  return breakStateStore(
    name,
    caughtBy,
    backend =>
      new (class extends MemoryStateStore {
        override list(filter: ListFilter, page: Page) {
          return list(filter, page, (...request) => super.list(...request))
        }
      })(backend),
  )
}

const onceInOrder = 'pages of any size list every record once, in order, across tenants'

const byOffset: List = async (filter, page, list) => {
  const start = Number(page.cursor ?? 0)
  const end = start + page.limit
  const { records } = await list(filter, { limit: 1_000 })
  return { records: records.slice(start, end), ...(end < records.length && { cursor: String(end) }) }
}

const listMutants = [
  listing('a list skips the record at a page boundary', onceInOrder, async (filter, page, list) => {
    if (page.limit >= 1_000) return list(filter, page)
    const longer = await list(filter, { ...page, limit: page.limit + 1 })
    return { ...longer, records: longer.records.slice(0, page.limit) }
  }),
  listing('a list repeats the record at a page boundary', onceInOrder, async (filter, page, list) => {
    const found = await list(filter, page)
    const before = found.records.at(-2)
    if (found.cursor === undefined || before === undefined || filter.dueBefore !== undefined) return found
    return { ...found, cursor: encodeCursor({ tenantId: before.scope.tenantId, id: before.id }) }
  }),
  listing(
    'a cursor is an offset',
    'records written during the walk, before and behind the cursor, shift no page',
    byOffset,
  ),
  listing(
    'a cursor is an offset, with deletes',
    'records deleted during the walk, before and behind the cursor, shift no page',
    byOffset,
  ),
  listing('the label filter is ignored', 'finds by one label', (filter, page, list) =>
    list({ ...filter, labels: undefined }, page),
  ),
  listing('one label of several is enough', 'finds by all of several labels', (filter, page, list) => {
    const [first] = Object.entries(filter.labels ?? {})
    return list({ ...filter, ...(first && { labels: Object.fromEntries([first]) }) }, page)
  }),
  listing(
    'a due time excludes its own instant',
    'finds the most overdue first, that instant included, no record without due time',
    ({ dueBefore, ...filter }, page, list) =>
      list({ ...filter, ...(dueBefore !== undefined && { dueBefore: dueBefore - 1 }) }, page),
  ),
  listing('the status filter is ignored', 'finds by status', (filter, page, list) =>
    list({ ...filter, status: undefined }, page),
  ),
  listing('a limit is not checked', 'a limit outside 1 to 1,000 is refused', (filter, page, list) =>
    list(filter, { ...page, limit: Math.min(1_000, Math.max(1, Math.trunc(page.limit) || 1)) }),
  ),
  listing(
    'a bad cursor starts again',
    'what no page returned is refused as a cursor',
    async (filter, page, list) => list(filter, page).catch(() => list(filter, { limit: page.limit })),
  ),
  breakStateStore(
    'a list carries the state',
    'lists records without their state, and all else as stored',
    backend =>
      new (class extends MemoryStateStore {
        override async list(filter: ListFilter, page: Page) {
          const found = await super.list(filter, page)
          const whole = found.records.map(({ scope, id }) =>
            backend.records.get(credentialKey(scope.tenantId, id)),
          )
          return { ...found, records: whole as CredentialRecord[] }
        }
      })(backend),
  ),
]

export const readingMutants: readonly Mutant<StateStoreHarness>[] = [...readMutants, ...listMutants]
