import type { AuditAppend, AuditSink } from '../audit/audit-sink.ts'
import { MemoryAuditSink } from '../audit/memory-audit-sink.ts'
import { CredentialError } from '../errors.ts'
import type { CredentialRecord, RecordMetadata, RecordSummary } from '../record/credential-record.ts'
import { credentialKey } from '../record/ids.ts'
import type { DistributedLock } from './distributed-lock.ts'
import type { Invalidation } from './invalidation.ts'
import { encodeCursor, type ListPosition, readListRequest } from './list-request.ts'
import { MemoryBackend } from './memory-backend.ts'
import { MemoryDistributedLock } from './memory-distributed-lock.ts'
import { MemoryInvalidation } from './memory-invalidation.ts'
import { MemoryOutbox } from './memory-outbox.ts'
import { assertNewRecord } from './new-record.ts'
import { OpenState } from './open-state.ts'
import type { Outbox } from './outbox.ts'
import type {
  ListFilter,
  ListPage,
  Page,
  RecordChange,
  RecordKey,
  StateStore,
  StoredHeader,
} from './state-store.ts'

/**
 * A store in this process's memory, for tests and for programs whose credentials need not outlive them.
 * Stores that are given the same backend share its records.
 */
export class MemoryStateStore implements StateStore {
  readonly name = 'memory'
  readonly #backend: MemoryBackend
  readonly #state = new OpenState('memory store')

  constructor(backend: MemoryBackend = new MemoryBackend()) {
    this.#backend = backend
  }

  async readHeader(): Promise<StoredHeader | undefined> {
    this.#state.assertOpen()
    return this.#backend.header
  }

  async createHeader(value: string): Promise<void> {
    this.#state.assertOpen()
    if (this.#backend.header !== undefined) {
      throw new CredentialError('ALREADY_EXISTS', 'The store has a header already; read it again')
    }
    this.#backend.header = Object.freeze({ version: 1, value })
  }

  async replaceHeader(value: string, expectedVersion: number): Promise<void> {
    this.#state.assertOpen()
    if (this.#backend.header?.version !== expectedVersion) {
      throw new CredentialError('VERSION_CONFLICT', 'The header was written by somebody else; read it again')
    }
    this.#backend.header = Object.freeze({ version: expectedVersion + 1, value })
  }

  async create(record: CredentialRecord): Promise<void> {
    this.#state.assertOpen()
    this.#change({ method: 'create', record })
  }

  async get(tenantId: string, id: string): Promise<CredentialRecord | undefined> {
    this.#state.assertOpen()
    const record = this.#backend.records.get(credentialKey(tenantId, id))
    return record && isolate(record)
  }

  async replace(record: CredentialRecord): Promise<void> {
    this.#state.assertOpen()
    this.#change({ method: 'replace', record })
  }

  async updateMetadata(
    key: RecordKey,
    metadata: RecordMetadata,
    expectedVersion: number,
    updatedAt: number,
  ): Promise<void> {
    this.#state.assertOpen()
    const stored = credentialKey(key.tenantId, key.id)
    const record = this.#expectVersion(stored, key.id, expectedVersion)
    this.#backend.records.set(stored, withMetadata(record, metadata, updatedAt))
  }

  async delete(key: RecordKey, expectedVersion: number): Promise<void> {
    this.#state.assertOpen()
    this.#change({ method: 'delete', key, expectedVersion })
  }

  async list(filter: ListFilter, page: Page): Promise<ListPage> {
    this.#state.assertOpen()
    const { limit, after } = readListRequest(filter, page)
    const found = [...this.#backend.records.values()]
      .filter(record => matches(record, filter))
      .map(record => ({ record, position: positionOf(record, filter) }))
      .filter(({ position }) => after === undefined || comparePositions(position, after) > 0)
      .sort((left, right) => comparePositions(left.position, right.position))
    const listed = found.slice(0, limit)
    const last = found.length > limit ? listed.at(-1) : undefined
    return {
      records: listed.map(({ record }) => summarize(record)),
      cursor: last && encodeCursor(last.position),
    }
  }

  async writeAudited(change: RecordChange, append: AuditAppend): Promise<boolean> {
    this.#state.assertOpen()
    return this.#backend.audit.append(append, () => this.#change(change))
  }

  async close(): Promise<void> {
    this.#state.close()
  }

  lock(): DistributedLock {
    return new MemoryDistributedLock(this.#backend)
  }

  outbox(): Outbox {
    return new MemoryOutbox(this.#backend)
  }

  audit(): AuditSink {
    return new MemoryAuditSink(this.#backend.audit)
  }

  invalidation(): Invalidation {
    return new MemoryInvalidation(this.#backend)
  }

  #change(change: RecordChange): void {
    const { records } = this.#backend
    if (change.method === 'delete') {
      const key = credentialKey(change.key.tenantId, change.key.id)
      this.#expectVersion(key, change.key.id, change.expectedVersion)
      records.delete(key)
      return
    }
    const { method, record } = change
    if (method === 'create') this.#expectNone(record)
    else this.#expectVersion(keyOf(record), record.id, record.version - 1)
    records.set(keyOf(record), isolate(record))
  }

  #expectNone(record: CredentialRecord): void {
    assertNewRecord(record)
    if (!this.#backend.records.has(keyOf(record))) return
    throw new CredentialError('ALREADY_EXISTS', `Credential ${record.id} exists already`, {
      credentialId: record.id,
    })
  }

  #expectVersion(key: string, id: string, expectedVersion: number): CredentialRecord {
    const record = this.#backend.records.get(key)
    if (record?.version === expectedVersion) return record
    throw new CredentialError('VERSION_CONFLICT', `Credential ${id} is not at version ${expectedVersion}`, {
      credentialId: id,
    })
  }
}

function keyOf(record: RecordSummary): string {
  return credentialKey(record.scope.tenantId, record.id)
}

/** A copy that shares nothing with the record: changing one does not change the other. */
function isolate(record: CredentialRecord): CredentialRecord {
  return { ...summarize(record), state: new Uint8Array(record.state) }
}

function summarize(record: CredentialRecord): RecordSummary {
  const { state: _sealed, ...summary } = record
  return structuredClone(summary)
}

function withMetadata(
  record: CredentialRecord,
  metadata: RecordMetadata,
  updatedAt: number,
): CredentialRecord {
  const { name, labels, expiresAt, dueAt, intent, coolOff, rotation, failure } = metadata
  return isolate({
    ...record,
    ...{ name, labels, expiresAt, dueAt, intent, coolOff, rotation, failure },
    version: record.version + 1,
    updatedAt,
  })
}

function matches(record: CredentialRecord, filter: ListFilter): boolean {
  const { tenantId, type, status, dueBefore, labels = {} } = filter
  return (
    (tenantId === undefined || record.scope.tenantId === tenantId) &&
    (type === undefined || record.type === type) &&
    (status === undefined || record.status === status) &&
    (dueBefore === undefined || (record.dueAt !== undefined && record.dueAt <= dueBefore)) &&
    Object.entries(labels).every(
      ([name, value]) => Object.hasOwn(record.labels, name) && record.labels[name] === value,
    )
  )
}

function positionOf(record: RecordSummary, filter: ListFilter): ListPosition {
  const dueAt = filter.dueBefore === undefined ? undefined : record.dueAt
  return { tenantId: record.scope.tenantId, id: record.id, dueAt }
}

function comparePositions(left: ListPosition, right: ListPosition): number {
  return (
    (left.dueAt ?? 0) - (right.dueAt ?? 0) ||
    compareText(left.tenantId, right.tenantId) ||
    compareText(left.id, right.id)
  )
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : Number(left > right)
}
