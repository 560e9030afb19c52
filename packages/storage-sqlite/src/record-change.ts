import type { SQLInputValue } from 'node:sqlite'
import {
  assertNewRecord,
  CredentialError,
  type CredentialRecord,
  type RecordChange,
  type RecordKey,
} from '@nebula-credential/core'
import type { SqliteConnection } from './connection.ts'
import { isDuplicate } from './driver-errors.ts'
import { encodeRecord, recordColumns } from './record-codec.ts'

/**
 * Makes a change by one statement, whose condition on the version is the compare of the compare-and-set; only within
 * {@link SqliteConnection.run}.
 * @throws CredentialError ALREADY_EXISTS, INPUT_INVALID or VERSION_CONFLICT: nothing has changed
 */
export function makeChange(connection: SqliteConnection, change: RecordChange): void {
  switch (change.method) {
    case 'create':
      create(connection, change.record)
      break
    case 'replace':
      replace(connection, change.record)
      break
    case 'delete':
      changeOne(connection, sql.delete, [], change.key, change.expectedVersion)
  }
}

/** Runs a statement that ends with a record's key and expected version. @throws CredentialError VERSION_CONFLICT */
export function changeOne(
  connection: SqliteConnection,
  text: string,
  values: readonly SQLInputValue[],
  { tenantId, id }: RecordKey,
  expectedVersion: number,
): void {
  const { changes } = connection.statement(text).run(...values, tenantId, id, expectedVersion)
  if (changes === 1) return
  throw new CredentialError('VERSION_CONFLICT', `Credential ${id} is not at version ${expectedVersion}`, {
    credentialId: id,
  })
}

function create(connection: SqliteConnection, record: CredentialRecord): void {
  assertNewRecord(record)
  try {
    connection.statement(sql.create).run(...encodeRecord(record))
  } catch (error) {
    if (!isDuplicate(error)) throw error
    throw new CredentialError('ALREADY_EXISTS', `Credential ${record.id} exists already`, {
      credentialId: record.id,
    })
  }
}

function replace(connection: SqliteConnection, record: CredentialRecord): void {
  const [_tenantId, _id, ...values] = encodeRecord(record)
  const { id, scope, version } = record
  changeOne(connection, sql.replace, values, { tenantId: scope.tenantId, id }, version - 1)
}

const sql = {
  create: `INSERT INTO credential (${recordColumns}) VALUES (${recordColumns.replaceAll(/\w+/g, '?')})`,
  replace: `UPDATE credential SET ${recordColumns.replace('tenant_id, id, ', '').replaceAll(/\w+/g, '$& = ?')}
    WHERE tenant_id = ? AND id = ? AND version = ?`,
  delete: 'DELETE FROM credential WHERE tenant_id = ? AND id = ? AND version = ?',
} as const
