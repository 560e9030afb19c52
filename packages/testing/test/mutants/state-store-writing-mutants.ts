import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type AuditAppend,
  type CredentialRecord,
  credentialKey,
  MemoryStateStore,
  type RecordChange,
  type RecordKey,
  type RecordMetadata,
} from '@nebula-credential/core'
import type { StateStoreHarness } from '../../src/index.ts'
import { breakStateStore, keyOf } from './break-state-store.ts'
import type { Mutant } from './mutant.ts'

const headerMutants = [
  breakStateStore(
    'creating a header overwrites',
    'is not created over an existing one',
    backend =>
      new (class extends MemoryStateStore {
        override async createHeader(value: string) {
          backend.header = { version: 1, value }
        }
      })(backend),
  ),
  breakStateStore(
    'replacing a header ignores the version',
    'is not replaced at another version',
    backend =>
      new (class extends MemoryStateStore {
        override async replaceHeader(value: string) {
          backend.header = { version: (backend.header?.version ?? 0) + 1, value }
        }
      })(backend),
  ),
  breakStateStore(
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
  breakStateStore(
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
  breakStateStore(
    'create takes any version',
    'a version other than 1 is refused and nothing is stored',
    backend =>
      new (class extends MemoryStateStore {
        override async create(record: CredentialRecord) {
          await super.create({ ...record, version: 1 })
        }
      })(backend),
  ),
  breakStateStore(
    'CAS always wins',
    'refuses a version that does not follow the stored one, and changes nothing',
    backend =>
      new (class extends MemoryStateStore {
        override async replace(record: CredentialRecord) {
          backend.records.set(keyOf(record), record)
        }
      })(backend),
  ),
  breakStateStore(
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
  breakStateStore(
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
  breakStateStore(
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
  breakStateStore(
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
  breakStateStore(
    'delete does nothing',
    'what was deleted is gone for both instances, from get and from every list',
    backend =>
      new (class extends MemoryStateStore {
        override async delete() {}
      })(backend),
  ),
  breakStateStore(
    'delete ignores the version',
    'refuses another version and keeps the record',
    backend =>
      new (class extends MemoryStateStore {
        override async delete(key: RecordKey) {
          await super.delete(key, backend.records.get(credentialKey(key.tenantId, key.id))?.version ?? -1)
        }
      })(backend),
  ),
  breakStateStore(
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
  return breakStateStore(
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
  breakStateStore(
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
  breakStateStore(
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

const changesAndAppends = 'makes the change and appends its entries'

const auditedWriteMutants = [
  breakStateStore(
    'an audited change forgets its entries',
    changesAndAppends,
    backend =>
      new (class extends MemoryStateStore {
        override async writeAudited(change: RecordChange, append: AuditAppend) {
          return super.writeAudited(change, { ...append, entries: append.entries.slice(0, 1) })
        }
      })(backend),
  ),
  breakStateStore(
    'an audited change is not made',
    changesAndAppends,
    backend =>
      new (class extends MemoryStateStore {
        override async writeAudited(_change: RecordChange, append: AuditAppend) {
          return backend.audit.append(append)
        }
      })(backend),
  ),
  breakStateStore(
    'an audited change is made on another head',
    'on another head answers false, and nothing has happened',
    backend =>
      new (class extends MemoryStateStore {
        override async writeAudited(change: RecordChange, append: AuditAppend) {
          const { chain, expectedSequence } = append
          if ((backend.audit.head(chain)?.sequence ?? 0) === expectedSequence) {
            return super.writeAudited(change, append)
          }
          if (change.method === 'create') await this.create(change.record)
          return false
        }
      })(backend),
  ),
  breakStateStore(
    'an audited change that is refused leaves its entries',
    'refuses a change of another version, and appends nothing',
    backend =>
      new (class extends MemoryStateStore {
        override async writeAudited(change: RecordChange, append: AuditAppend) {
          return super.writeAudited(change, append).catch(error => {
            backend.audit.append(append)
            throw error
          })
        }
      })(backend),
  ),
  breakStateStore(
    'an audited change looks before it waits',
    'of writers that race for record and head, each event has its change',
    backend =>
      new (class extends MemoryStateStore {
        override async writeAudited(change: RecordChange, append: AuditAppend) {
          if ((backend.audit.head(append.chain)?.sequence ?? 0) !== append.expectedSequence) return false
          if (change.method !== 'replace') return super.writeAudited(change, append)
          await this.replace(change.record)
          await nextTurn()
          return backend.audit.append(append)
        }
      })(backend),
  ),
]

export const writingMutants: readonly Mutant<StateStoreHarness>[] = [
  ...headerMutants,
  ...writeMutants,
  ...metadataMutants,
  ...auditedWriteMutants,
]
