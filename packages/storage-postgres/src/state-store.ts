import {
  type AuditAppend,
  type AuditSink,
  assertFollows,
  assertNewRecord,
  CredentialError,
  type CredentialRecord,
  type DistributedLock,
  encodeCursor,
  type Invalidation,
  type ListFilter,
  type ListPage,
  type ListPosition,
  OpenState,
  type Outbox,
  type Page,
  type RecordChange,
  type RecordKey,
  type RecordMetadata,
  type RecordSummary,
  readListRequest,
  type StateStore,
  type StoredHeader,
} from '@nebula-credential/core'
import type { Pool } from 'pg'
import { PostgresAuditSink } from './audit-sink.ts'
import { auditedWrite } from './audited-write.ts'
import { PostgresConnection } from './connection.ts'
import { PostgresDistributedLock } from './distributed-lock.ts'
import { isDuplicate } from './driver-errors.ts'
import { statements } from './generated/statements.ts'
import { PostgresInvalidation } from './invalidation.ts'
import { listQuery } from './list-query.ts'
import type { PostgresOptions } from './options.ts'
import { PostgresOutbox } from './outbox.ts'
import { decodeRecord, decodeSummary, encodeMetadata, encodeRecord } from './record-codec.ts'

/**
 * Keeps credentials in a schema of a PostgreSQL database, which any number of processes may share. A call that has
 * resolved was committed. Every call is one short statement on a connection of the pool.
 *
 * The constructor checks its arguments; the first call migrates the schema, and rejects when that fails. A pool that
 * was given stays open; one made from a connection string closes with the store and its companions.
 *
 * @example
 * const store = new PostgresStateStore('postgres://nebula@db.internal/nebula')
 */
export class PostgresStateStore implements StateStore {
  readonly name: string
  readonly #connection: PostgresConnection
  readonly #state: OpenState

  /** @throws CredentialError CONFIG_INVALID */
  constructor(database: Pool | string, options: PostgresOptions = {}) {
    this.#connection = new PostgresConnection(database, options).join()
    this.name = this.#connection.name
    this.#state = new OpenState(`store ${this.name}`)
  }

  async readHeader(): Promise<StoredHeader | undefined> {
    const [row] = await this.#select(statements.readHeader, [])
    return row && { version: row[0] as number, value: row[1] as string }
  }

  async createHeader(value: string): Promise<void> {
    if (await this.#changes(statements.createHeader, [value])) return
    throw new CredentialError('ALREADY_EXISTS', `${this.name} has a header already; read it again`)
  }

  async replaceHeader(value: string, expectedVersion: number): Promise<void> {
    if (await this.#changes(statements.replaceHeader, [value, expectedVersion])) return
    throw new CredentialError(
      'VERSION_CONFLICT',
      `The header of ${this.name} was written by somebody else; read it again`,
    )
  }

  async create(record: CredentialRecord): Promise<void> {
    this.#state.assertOpen()
    assertNewRecord(record)
    if (!(await this.#changes(statements.createRecord, encodeRecord(record)))) throw alreadyExists(record.id)
  }

  async get(tenantId: string, id: string): Promise<CredentialRecord | undefined> {
    const [row] = await this.#select(statements.getRecord, [tenantId, id])
    return row && decodeRecord(row)
  }

  async replace(record: CredentialRecord): Promise<void> {
    const expectedVersion = record.version - 1
    if (await this.#changes(statements.replaceRecord, [...encodeRecord(record), expectedVersion])) return
    throw versionConflict(record.id, expectedVersion)
  }

  async updateMetadata(
    { tenantId, id }: RecordKey,
    metadata: RecordMetadata,
    expectedVersion: number,
    updatedAt: number,
  ): Promise<void> {
    const values = [tenantId, id, expectedVersion, updatedAt, ...encodeMetadata(metadata)]
    if (await this.#changes(statements.updateMetadata, values)) return
    throw versionConflict(id, expectedVersion)
  }

  async delete({ tenantId, id }: RecordKey, expectedVersion: number): Promise<void> {
    if (await this.#changes(statements.deleteRecord, [tenantId, id, expectedVersion])) return
    throw versionConflict(id, expectedVersion)
  }

  async list(filter: ListFilter, page: Page): Promise<ListPage> {
    this.#state.assertOpen()
    const { limit, after } = readListRequest(filter, page)
    const query = listQuery(filter, limit + 1, after)
    const rows = await this.#select(query.sql, query.values)
    const records = rows.slice(0, limit).map(decodeSummary)
    const last = rows.length > limit ? records.at(-1) : undefined
    return { records, cursor: last && encodeCursor(positionOf(last, filter)) }
  }

  async writeAudited(change: RecordChange, append: AuditAppend): Promise<boolean> {
    assertFollows(append)
    const { text, values } = auditedWrite(change, append)
    const id = change.method === 'delete' ? change.key.id : change.record.id
    try {
      const [row] = await this.#select(text, values)
      const [isDone, wasExpected] = row ?? []
      if (wasExpected === true) return isDone === true
    } catch (error) {
      throw isDuplicate(error) ? alreadyExists(id) : error
    }
    throw versionConflict(id, change.method === 'delete' ? change.expectedVersion : change.record.version - 1)
  }

  async close(): Promise<void> {
    if (this.#state.closed) return
    this.#state.close()
    await this.#connection.leave()
  }

  /** A lock whose leases are rows of the same schema, by the server's clock. Waiters are woken by NOTIFY. */
  lock(): DistributedLock {
    return new PostgresDistributedLock(this.#connection.join())
  }

  /**
   * An outbox in the same schema, which serves while the database can be written. Where the process has a durable
   * disk, a FileOutbox also takes a grant while it cannot.
   */
  outbox(): Outbox {
    return new PostgresOutbox(this.#connection.join())
  }

  /** An audit sink in the same schema. */
  audit(): AuditSink {
    return new PostgresAuditSink(this.#connection.join())
  }

  /** Invalidation by LISTEN and NOTIFY. */
  invalidation(): Invalidation {
    return new PostgresInvalidation(this.#connection.join())
  }

  async #select(text: string, values: readonly unknown[]) {
    this.#state.assertOpen()
    const { rows } = await this.#connection.run(text, values)
    return rows
  }

  /** Whether a statement changed its row: its condition on the version is the compare of the compare-and-set. */
  async #changes(text: string, values: readonly unknown[]): Promise<boolean> {
    this.#state.assertOpen()
    const { rowCount } = await this.#connection.run(text, values)
    return rowCount === 1
  }
}

function positionOf(record: RecordSummary, filter: ListFilter): ListPosition {
  const dueAt = filter.dueBefore === undefined ? undefined : record.dueAt
  return { tenantId: record.scope.tenantId, id: record.id, dueAt }
}

function alreadyExists(id: string): CredentialError {
  return new CredentialError('ALREADY_EXISTS', `Credential ${id} exists already`, { credentialId: id })
}

function versionConflict(id: string, expectedVersion: number): CredentialError {
  return new CredentialError('VERSION_CONFLICT', `Credential ${id} is not at version ${expectedVersion}`, {
    credentialId: id,
  })
}
