import type { SQLInputValue } from 'node:sqlite'
import {
  type AuditSink,
  assertNewRecord,
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
  type RecordKey,
  type RecordMetadata,
  type RecordSummary,
  readListRequest,
  type StateStore,
  type StoredHeader,
} from '@nebula-credential/core'
import { SqliteAuditSink } from './audit-sink.ts'
import { SqliteConnection } from './connection.ts'
import { SqliteDistributedLock } from './distributed-lock.ts'
import { isDuplicate } from './driver-errors.ts'
import { countLabelled, listQuery } from './list-query.ts'
import type { SqliteOptions } from './options.ts'
import {
  decodeRecord,
  decodeSummary,
  encodeMetadata,
  encodeRecord,
  type Row,
  recordColumns,
} from './record-codec.ts'

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
    await this.#insert(sql.createHeader, [value], () => {
      return new CredentialError('ALREADY_EXISTS', `${this.name} has a header already; read it again`)
    })
  }

  async replaceHeader(value: string, expectedVersion: number): Promise<void> {
    if (await this.#changes(sql.replaceHeader, [value, expectedVersion])) return
    throw new CredentialError(
      'VERSION_CONFLICT',
      `The header of ${this.name} was written by somebody else; read it again`,
    )
  }

  async create(record: CredentialRecord): Promise<void> {
    assertNewRecord(record)
    await this.#insert(sql.create, encodeRecord(record), () => {
      return new CredentialError('ALREADY_EXISTS', `Credential ${record.id} exists already`, {
        credentialId: record.id,
      })
    })
  }

  async get(tenantId: string, id: string): Promise<CredentialRecord | undefined> {
    const row = await this.#connection.run(connection => connection.rows(sql.get).get(tenantId, id))
    return row && decodeRecord(row as unknown as Row)
  }

  async replace(record: CredentialRecord): Promise<void> {
    const expectedVersion = record.version - 1
    const [tenantId, id, ...values] = encodeRecord(record)
    const parameters = [...values, tenantId as string, id as string, expectedVersion]
    if (!(await this.#changes(sql.replace, parameters))) throw versionConflict(record.id, expectedVersion)
  }

  async updateMetadata(
    key: RecordKey,
    metadata: RecordMetadata,
    expectedVersion: number,
    updatedAt: number,
  ): Promise<void> {
    const parameters = [...encodeMetadata(metadata), updatedAt, key.tenantId, key.id, expectedVersion]
    if (!(await this.#changes(sql.updateMetadata, parameters))) throw versionConflict(key.id, expectedVersion)
  }

  async delete(key: RecordKey, expectedVersion: number): Promise<void> {
    if (await this.#changes(sql.delete, [key.tenantId, key.id, expectedVersion])) return
    throw versionConflict(key.id, expectedVersion)
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

  async #insert(text: string, parameters: SQLInputValue[], exists: () => CredentialError): Promise<void> {
    await this.#connection.run(connection => {
      try {
        connection.statement(text).run(...parameters)
      } catch (error) {
        throw isDuplicate(error) ? exists() : error
      }
    })
  }

  /** Whether a statement changed its row: its condition on the version is the compare of the compare-and-set. */
  async #changes(text: string, parameters: SQLInputValue[]): Promise<boolean> {
    const { changes } = await this.#connection.run(connection =>
      connection.statement(text).run(...parameters),
    )
    return changes === 1
  }
}

const sql = {
  readHeader: 'SELECT version, value FROM header',
  createHeader: 'INSERT INTO header (only_row, version, value) VALUES (1, 1, ?)',
  replaceHeader: 'UPDATE header SET value = ?, version = version + 1 WHERE version = ?',
  create: `INSERT INTO credential (${recordColumns}) VALUES (${recordColumns.replaceAll(/\w+/g, '?')})`,
  get: `SELECT ${recordColumns} FROM credential WHERE tenant_id = ? AND id = ?`,
  replace: `UPDATE credential SET ${recordColumns.replace('tenant_id, id, ', '').replaceAll(/\w+/g, '$& = ?')}
    WHERE tenant_id = ? AND id = ? AND version = ?`,
  updateMetadata: `UPDATE credential SET name = ?, labels = ?, expires_at = ?, due_at = ?, details = ?,
    version = version + 1, updated_at = ? WHERE tenant_id = ? AND id = ? AND version = ?`,
  delete: 'DELETE FROM credential WHERE tenant_id = ? AND id = ? AND version = ?',
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

function versionConflict(id: string, expectedVersion: number): CredentialError {
  return new CredentialError('VERSION_CONFLICT', `Credential ${id} is not at version ${expectedVersion}`, {
    credentialId: id,
  })
}
