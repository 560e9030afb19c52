import { type AuditAppend, assertNewRecord, type RecordChange } from '@nebula-credential/core'
import { appendValues } from './append-values.ts'
import { assignments, encodeRecord, recordColumns } from './record-codec.ts'

/** One statement that makes a change and appends the audit entries that tell of it. */
export interface AuditedWrite {
  /** Its row says whether both were done, and whether the record was as the change expects it. */
  readonly text: string
  readonly values: readonly unknown[]
}

/**
 * The record's row is locked before the chain's head is moved, and changed only where it was moved: under READ
 * COMMITTED both conditions hold on what is newest, or nothing is written.
 * @throws CredentialError INPUT_INVALID
 */
export function auditedWrite(change: RecordChange, append: AuditAppend): AuditedWrite {
  const recordValues = valuesOf(change)
  const text = statement(change.method, recordValues.length, append.expectedSequence === 0)
  return { text, values: [...recordValues, ...appendValues(append)] }
}

function valuesOf(change: RecordChange): readonly unknown[] {
  switch (change.method) {
    case 'create':
      assertNewRecord(change.record)
      return encodeRecord(change.record)
    case 'replace':
      return [...encodeRecord(change.record), change.record.version - 1]
    case 'delete':
      return [change.key.tenantId, change.key.id, change.expectedVersion]
  }
}

function statement(method: RecordChange['method'], recordValues: number, startsChain: boolean): string {
  const parameter = (index: number) => `$${recordValues + index}`
  const isExpected = method === 'create' ? 'true' : 'EXISTS (SELECT FROM target)'
  const [chain, sequence, hash] = [parameter(1), parameter(2), parameter(3)]
  const moved = startsChain
    ? `INSERT INTO {schema}.audit_chain (name, sequence, hash)
        SELECT ${chain}::text, ${sequence}::bigint, ${hash}::text WHERE ${isExpected}
        ON CONFLICT (name) DO NOTHING`
    : `UPDATE {schema}.audit_chain SET sequence = ${sequence}, hash = ${hash}
        WHERE name = ${chain} AND sequence = ${parameter(9)} AND ${isExpected}`
  return `WITH
    ${method === 'create' ? '' : `${lockedTarget(recordValues)},`}
    moved AS (${moved} RETURNING chain_id),
    entered AS (
      INSERT INTO {schema}.audit_entry (chain_id, sequence, previous_hash, hash, key_id, event)
      SELECT moved.chain_id, entry.* FROM moved, unnest(${parameter(4)}::bigint[], ${parameter(5)}::text[],
        ${parameter(6)}::text[], ${parameter(7)}::text[], ${parameter(8)}::text[]) AS entry
    ),
    changed AS (${changes[method]})
    SELECT EXISTS (SELECT FROM moved), ${isExpected}`
}

/** The last value of a change is the version that it expects. */
function lockedTarget(recordValues: number): string {
  return `target AS (
      SELECT FROM {schema}.credential WHERE tenant_id = $1 AND id = $2 AND version = $${recordValues} FOR UPDATE
    )`
}

const changes = {
  // A taken id breaks the primary key, and so undoes the statement.
  create: `INSERT INTO {schema}.credential (${recordColumns.join(', ')})
      SELECT ${recordColumns.map((_, index) => `$${index + 1}`).join(', ')} FROM moved`,
  replace: `UPDATE {schema}.credential SET ${assignments(recordColumns.slice(2), 3)}
      WHERE tenant_id = $1 AND id = $2 AND EXISTS (SELECT FROM moved)`,
  delete: 'DELETE FROM {schema}.credential WHERE tenant_id = $1 AND id = $2 AND EXISTS (SELECT FROM moved)',
} as const
