import type { SQLInputValue } from 'node:sqlite'
import {
  type AuditAppend,
  type AuditSink,
  assertFollows,
  CredentialError,
  type CredentialRecord,
  type DistributedLock,
  encodeCursor,
  FileOutbox,
  type ListFilter,
  type ListPage,
  type ListPosition,
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
import { appendEntries, SqliteAuditSink } from './audit-sink.ts'
import { SqliteConnection } from './connection.ts'
import { SqliteDistributedLock } from './distributed-lock.ts'
import { countLabelled, listQuery } from './list-query.ts'
import type { SqliteOptions } from './options.ts'
import { changeOne, makeChange } from './record-change.ts'
import { decodeRecord, decodeSummary, encodeMetadata, type Row, recordColumns } from './record-codec.ts'

/**
 * Keeps credentials in one SQLite file, which any number of processes of one machine may share. A call that has
 * resolved is on disk.
 *
 * The constructor checks its arguments; the file is opened, created (mode 0600) and migrated by the first call,
 * which rejects when that fails. Each companion has a connection of its own and is closed by whoever asked for it.
 *
 * @example
 * const store = new SqliteStateStore('nebula.db')
 */
export class SqliteStateStore implements StateStore {
  readonly name: string
  readonly #options: SqliteOptions
  readonly #connection: SqliteConnection

  /** @throws CredentialError CONFIG_INVALID */
  constructor(path: string, options: SqliteOptions = {}) {
    this.#options = options
    this.#connection = new SqliteConnection(path, 'power-loss', options)
    this.name = `sqlite ${this.#connection.path}`
  }

  async readHeader(): Promise<StoredHeader | undefined> {
    const row = await this.#connection.run(connection => connection.statement(sql.readHeader).get())
    return row && { version: row.version as number, value: row.value as string }
  }

  async createHeader(value: string): Promise<void> {
    if (await this.#changes(sql.createHeader, [value])) return
    throw new CredentialError('ALREADY_EXISTS', `${this.name} has a header already; read it again`)
  }

  async replaceHeader(value: string, expectedVersion: number): Promise<void> {
    if (await this.#changes(sql.replaceHeader, [value, expectedVersion])) return
    throw new CredentialError(
      'VERSION_CONFLICT',
      `The header of ${this.name} was written by somebody else; read it again`,
    )
  }

  async create(record: CredentialRecord): Promise<void> {
    await this.#connection.run(connection => makeChange(connection, { method: 'create', record }))
  }

  get(tenantId: string, id: string): CredentialRecord | undefined | Promise<CredentialRecord | undefined> {
    return this.#connection.runNow(connection => {
      const row = connection.rows(sql.get).get(tenantId, id)
      return row && decodeRecord(row as unknown as Row)
    })
  }

  async replace(record: CredentialRecord): Promise<void> {
    await this.#connection.run(connection => makeChange(connection, { method: 'replace', record }))
  }

  async updateMetadata(
    key: RecordKey,
    metadata: RecordMetadata,
    expectedVersion: number,
    updatedAt: number,
  ): Promise<void> {
    const values = [...encodeMetadata(metadata), updatedAt]
    await this.#connection.run(connection =>
      changeOne(connection, sql.updateMetadata, values, key, expectedVersion),
    )
  }

  async delete(key: RecordKey, expectedVersion: number): Promise<void> {
    await this.#connection.run(connection =>
      makeChange(connection, { method: 'delete', key, expectedVersion }),
    )
  }

  async list(filter: ListFilter, page: Page): Promise<ListPage> {
    const { limit, after } = readListRequest(filter, page)
    const found = await this.#connection.run(connection => {
      const query = listQuery(filter, limit + 1, after, rarestLabel(connection, filter))
      return connection.rows(query.sql).all(query.parameters) as unknown as Row[]
    })
    const records = found.slice(0, limit).map(decodeSummary)
    const last = found.length > limit ? records.at(-1) : undefined
    return { records, cursor: last && encodeCursor(positionOf(last, filter)) }
  }

  async writeAudited(change: RecordChange, append: AuditAppend): Promise<boolean> {
    assertFollows(append)
    return this.#connection.run(connection =>
      connection.transaction(() => {
        if (!appendEntries(connection, append)) return false
        makeChange(connection, change)
        return true
      }),
    )
  }

  async close(): Promise<void> {
    this.#connection.close()
  }

  /** A lock in the same file. */
  lock(): DistributedLock {
    return new SqliteDistributedLock(this.#connection.path, this.#options)
  }

  /** An outbox in the folder `<path>.outbox`, which takes a grant when the file itself refuses writes. */
  outbox(): Outbox {
    return new FileOutbox(`${this.#connection.path}.outbox`)
  }

  /** An audit sink in the same file. */
  audit(): AuditSink {
    return new SqliteAuditSink(this.#connection.path, this.#options)
  }

  /** Whether a statement changed its row. */
  async #changes(text: string, parameters: SQLInputValue[]): Promise<boolean> {
    const { changes } = await this.#connection.run(connection =>
      connection.statement(text).run(...parameters),
    )
    return changes === 1
  }
}

const sql = {
  readHeader: 'SELECT version, value FROM header',
  createHeader: 'INSERT INTO header (only_row, version, value) VALUES (1, 1, ?) ON CONFLICT DO NOTHING',
  replaceHeader: 'UPDATE header SET value = ?, version = version + 1 WHERE version = ?',
  get: `SELECT ${recordColumns} FROM credential WHERE tenant_id = ? AND id = ?`,
  updateMetadata: `UPDATE credential SET name = ?, labels = ?, expires_at = ?, due_at = ?, details = ?,
    version = version + 1, updated_at = ? WHERE tenant_id = ? AND id = ? AND version = ?`,
} as const

// Enough to tell a rare label from a common one.
const labelsCounted = 1_000

/** The label that the fewest records of the tenant carry. */
function rarestLabel(
  connection: SqliteConnection,
  { tenantId, labels = {} }: ListFilter,
): string | undefined {
  const names = Object.keys(labels)
  if (names.length < 2) return names[0]
  const counted = names.map(name => {
    const parameters = {
      tenantId: tenantId as string,
      name,
      value: labels[name] as string,
      limit: labelsCounted,
    }
    return { name, count: Number(connection.statement(countLabelled).get(parameters)?.count) }
  })
  return counted.reduce((rarest, label) => (label.count < rarest.count ? label : rarest)).name
}

function positionOf(record: RecordSummary, filter: ListFilter): ListPosition {
  const dueAt = filter.dueBefore === undefined ? undefined : record.dueAt
  return { tenantId: record.scope.tenantId, id: record.id, dueAt }
}
