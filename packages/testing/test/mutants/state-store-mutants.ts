import {
  type CredentialRecord,
  credentialKey,
  encodeCursor,
  type ListFilter,
  type ListPage,
  MemoryBackend,
  MemoryStateStore,
  type Page,
  type RecordKey,
  type RecordMetadata,
} from '@nebula-credential/core'
import type { StateStoreHarness } from '@nebula-credential/testing'
import type { Mutant } from './mutant.ts'

type Breaking = (backend: MemoryBackend) => MemoryStateStore

function mutant(name: string, caughtBy: string, make: Breaking): Mutant<StateStoreHarness> {
  const open = async () => {
    const backend = new MemoryBackend()
    return { first: make(backend), second: make(backend) }
  }
  return { name, caughtBy, open }
}

function keyOf(record: CredentialRecord): string {
  return credentialKey(record.scope.tenantId, record.id)
}

const headerMutants = [
  mutant(
    'creating a header overwrites',
    'is not created over an existing one',
    backend =>
      new (class extends MemoryStateStore {
        override async createHeader(value: string) {
          backend.header = { version: 1, value }
        }
      })(backend),
  ),
  mutant(
    'replacing a header ignores the version',
    'is not replaced at another version',
    backend =>
      new (class extends MemoryStateStore {
        override async replaceHeader(value: string) {
          backend.header = { version: (backend.header?.version ?? 0) + 1, value }
        }
      })(backend),
  ),
  mutant(
    'replacing a header checks before it waits',
    'is replaced by exactly one of several racing instances',
    backend =>
      new (class extends MemoryStateStore {
        override async replaceHeader(value: string, expectedVersion: number) {
          const matches = (await this.readHeader())?.version === expectedVersion
          await Promise.resolve()
          if (!matches) return super.replaceHeader(value, -1)
          backend.header = { version: expectedVersion + 1, value }
        }
      })(backend),
  ),
]

const writeMutants = [
  mutant(
    'create overwrites',
    'a taken id is refused and keeps its record',
    backend =>
      new (class extends MemoryStateStore {
        override async create(record: CredentialRecord) {
          backend.records.delete(keyOf(record))
          await super.create(record)
        }
      })(backend),
  ),
  mutant(
    'create takes any version',
    'a version other than 1 is refused and nothing is stored',
    backend =>
      new (class extends MemoryStateStore {
        override async create(record: CredentialRecord) {
          await super.create({ ...record, version: 1 })
        }
      })(backend),
  ),
  mutant(
    'CAS always wins',
    'refuses a version that does not follow the stored one, and changes nothing',
    backend =>
      new (class extends MemoryStateStore {
        override async replace(record: CredentialRecord) {
          backend.records.set(keyOf(record), record)
        }
      })(backend),
  ),
  mutant(
    'CAS checks before it waits',
    'loses no update of two instances that write as fast as they can',
    backend =>
      new (class extends MemoryStateStore {
        override async replace(record: CredentialRecord) {
          const stored = await this.get(record.scope.tenantId, record.id)
          if (stored?.version !== record.version - 1) return super.replace({ ...record, version: -1 })
          await Promise.resolve()
          backend.records.set(keyOf(record), record)
        }
      })(backend),
  ),
  mutant(
    'CAS takes any higher version',
    'refuses a version that does not follow the stored one, and changes nothing',
    backend =>
      new (class extends MemoryStateStore {
        override async replace(record: CredentialRecord) {
          const stored = backend.records.get(keyOf(record))
          if (stored === undefined || stored.version >= record.version) return super.replace(record)
          backend.records.set(keyOf(record), record)
        }
      })(backend),
  ),
  mutant(
    'replace creates what is not there',
    'refuses a record that is not there, and creates none',
    backend =>
      new (class extends MemoryStateStore {
        override async replace(record: CredentialRecord) {
          if (!backend.records.has(keyOf(record))) backend.records.set(keyOf(record), record)
          else await super.replace(record)
        }
      })(backend),
  ),
  mutant(
    'replace merges with the old record',
    'clears what the new record leaves out',
    backend =>
      new (class extends MemoryStateStore {
        override async replace(record: CredentialRecord) {
          const set = Object.entries(record).filter(([, value]) => value !== undefined)
          await super.replace({ ...backend.records.get(keyOf(record)), ...Object.fromEntries(set) } as never)
        }
      })(backend),
  ),
  mutant(
    'delete does nothing',
    'what was deleted is gone for both instances, from get and from every list',
    backend =>
      new (class extends MemoryStateStore {
        override async delete() {}
      })(backend),
  ),
  mutant(
    'delete ignores the version',
    'refuses another version and keeps the record',
    backend =>
      new (class extends MemoryStateStore {
        override async delete(key: RecordKey) {
          await super.delete(key, backend.records.get(credentialKey(key.tenantId, key.id))?.version ?? -1)
        }
      })(backend),
  ),
  mutant(
    'deleting what is not there succeeds',
    'refuses a record that is not there, also after it was deleted',
    backend =>
      new (class extends MemoryStateStore {
        override async delete(key: RecordKey, version: number) {
          if (backend.records.has(credentialKey(key.tenantId, key.id))) await super.delete(key, version)
        }
      })(backend),
  ),
]

type Update = [key: RecordKey, metadata: RecordMetadata, expectedVersion: number, updatedAt: number]

function afterUpdate(name: string, caughtBy: string, spoil: (record: CredentialRecord) => CredentialRecord) {
  return mutant(
    name,
    caughtBy,
    backend =>
      new (class extends MemoryStateStore {
        override async updateMetadata(...update: Update) {
          await super.updateMetadata(...update)
          const key = credentialKey(update[0].tenantId, update[0].id)
          backend.records.set(key, spoil(backend.records.get(key) as CredentialRecord))
        }
      })(backend),
  )
}

const setsAllAndKeeps =
  'sets every metadata field, adds 1 to the version, and keeps sealed fields and state byte for byte'

const metadataMutants = [
  afterUpdate('a metadata update does not add to the version', setsAllAndKeeps, record => ({
    ...record,
    version: record.version - 1,
  })),
  afterUpdate('a metadata update wipes the state', setsAllAndKeeps, record => ({
    ...record,
    state: new Uint8Array(0),
  })),
  afterUpdate('a metadata update resets the generation', setsAllAndKeeps, record => ({
    ...record,
    generation: 1,
  })),
  afterUpdate('a metadata update loses the cool-off', setsAllAndKeeps, record => ({
    ...record,
    coolOff: undefined,
  })),
  mutant(
    'a metadata update clears nothing',
    'clears what is undefined or left out',
    backend =>
      new (class extends MemoryStateStore {
        override async updateMetadata(...[key, metadata, version, updatedAt]: Update) {
          const set = Object.entries(metadata).filter(([, value]) => value !== undefined)
          const old = backend.records.get(credentialKey(key.tenantId, key.id))
          await super.updateMetadata(
            key,
            { ...old, ...Object.fromEntries(set) } as RecordMetadata,
            version,
            updatedAt,
          )
        }
      })(backend),
  ),
  mutant(
    'a metadata update writes whatever it is handed',
    'writes metadata only, even where it is handed a whole record',
    backend =>
      new (class extends MemoryStateStore {
        override async updateMetadata(...[key, metadata, version, updatedAt]: Update) {
          await super.updateMetadata(key, metadata, version, updatedAt)
          const stored = credentialKey(key.tenantId, key.id)
          const record = backend.records.get(stored) as CredentialRecord
          backend.records.set(stored, { ...record, ...metadata, version: version + 1, updatedAt })
        }
      })(backend),
  ),
]

const readMutants = [
  mutant(
    'the tenant is ignored',
    'another tenant does not see it',
    backend =>
      new (class extends MemoryStateStore {
        override async get(_tenantId: string, id: string) {
          return [...backend.records.values()].find(record => record.id === id)
        }
      })(backend),
  ),
  mutant(
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
  mutant(
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
  mutant(
    'got records are aliased',
    'changing what was put or got changes nothing that is stored',
    backend =>
      new (class extends MemoryStateStore {
        override async get(tenantId: string, id: string) {
          return backend.records.get(credentialKey(tenantId, id))
        }
      })(backend),
  ),
  mutant(
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
  mutant(
    'the state is kept as text',
    'keeps state of every byte value',
    backend =>
      new (class extends MemoryStateStore {
        override async create(record: CredentialRecord) {
          await super.create({ ...record, state: Buffer.from(Buffer.from(record.state).toString()) })
        }
      })(backend),
  ),
  mutant(
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
  mutant(
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
  return mutant(
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
  mutant(
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

export const stateStoreMutants: readonly Mutant<StateStoreHarness>[] = [
  ...headerMutants,
  ...writeMutants,
  ...metadataMutants,
  ...readMutants,
  ...listMutants,
]
