import type { SQLInputValue } from 'node:sqlite'
import type { ListFilter, ListPosition } from '@nebula-credential/core'
import { summaryColumns } from './record-codec.ts'

/** A statement and its named parameters. */
export interface Query {
  readonly sql: string
  readonly parameters: Record<string, SQLInputValue>
}

/**
 * The query for the records after a position, read in order from the index that serves the filter: its time depends
 * on the page, not on the table. Where a filter combines `type`, or `status` within a tenant, with `dueBefore`, or
 * several labels, the further parts are checked on each record that the index yields.
 *
 * @param firstLabel The label by whose index the records are found, the rarest of the filter's
 */
export function listQuery(
  filter: ListFilter,
  limit: number,
  after: ListPosition | undefined,
  firstLabel?: string | undefined,
): Query {
  const byLabel = firstLabel !== undefined && filter.dueBefore === undefined
  // The table in whose order the records are read.
  const at = byLabel ? 'label' : 'credential'
  const table = byLabel ? labelledCredentials : `credential INDEXED BY ${indexOf(filter)}`
  const conditions = [
    ...(byLabel ? [carriesLabel(firstLabel, filter)] : []),
    ...matches(filter, at),
    ...(after === undefined ? [] : [isBehind(after, filter, at)]),
    ...carriesAllLabels(filter, byLabel),
  ]
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`
  const order = `${filter.dueBefore === undefined ? '' : `${at}.due_at, `}${at}.tenant_id, ${at}.id`
  return {
    sql: `SELECT ${columns} FROM ${table} ${where} ORDER BY ${order} LIMIT $limit`,
    parameters: Object.assign({ limit }, ...conditions.map(({ values }) => values)),
  }
}

/** Counts the records with a label, up to $limit. */
export const countLabelled =
  'SELECT count(*) AS count FROM (SELECT 1 FROM credential_label WHERE tenant_id = $tenantId AND name = $name AND value = $value LIMIT $limit)'

interface Condition {
  readonly sql: string
  readonly values: Record<string, SQLInputValue>
}

const columns = summaryColumns.replaceAll(/\w+/g, 'credential.$&')

const labelledCredentials = `credential_label AS label CROSS JOIN credential INDEXED BY credential_by_id
  ON credential.tenant_id = label.tenant_id AND credential.id = label.id`

function matches({ tenantId, type, status, dueBefore }: ListFilter, at: string): Condition[] {
  return [
    ...(tenantId === undefined ? [] : [{ sql: `${at}.tenant_id = $tenantId`, values: { tenantId } }]),
    ...(type === undefined ? [] : [{ sql: 'credential.type = $type', values: { type } }]),
    ...(status === undefined ? [] : [{ sql: 'credential.status = $status', values: { status } }]),
    ...(dueBefore === undefined ? [] : [{ sql: 'credential.due_at <= $dueBefore', values: { dueBefore } }]),
  ]
}

function isBehind(after: ListPosition, filter: ListFilter, at: string): Condition {
  const position: [column: string, value: SQLInputValue][] = [
    ...(filter.dueBefore === undefined ? [] : [['due_at', after.dueAt ?? null] as [string, SQLInputValue]]),
    ...(filter.tenantId === undefined ? [['tenant_id', after.tenantId] as [string, SQLInputValue]] : []),
    ['id', after.id],
  ]
  const names = position.map(([column]) => `${at}.${column}`).join(', ')
  const values = position.map(([column]) => `$after_${column}`).join(', ')
  return {
    sql: `(${names}) > (${values})`,
    values: Object.fromEntries(position.map(([column, value]) => [`after_${column}`, value])),
  }
}

function carriesLabel(name: string, { labels = {} }: ListFilter): Condition {
  return {
    sql: 'label.name = $labelName AND label.value = $labelValue',
    values: { labelName: name, labelValue: labels[name] as string },
  }
}

// One text for any number of labels, so that there are few statements to prepare.
function carriesAllLabels({ labels = {} }: ListFilter, firstIsChecked: boolean): Condition[] {
  if (Object.keys(labels).length <= (firstIsChecked ? 1 : 0)) return []
  const sql = `NOT EXISTS (
    SELECT 1 FROM json_each($labels) AS wanted WHERE NOT EXISTS (
      SELECT 1 FROM credential_label AS carried
      WHERE carried.tenant_id = credential.tenant_id AND carried.name = wanted.key
        AND carried.value = wanted.value AND carried.id = credential.id))`
  return [{ sql, values: { labels: JSON.stringify(labels) } }]
}

// The planner has no statistics to choose by, so it is told.
function indexOf({ tenantId, type, status, dueBefore }: ListFilter): string {
  if (dueBefore !== undefined) {
    if (tenantId !== undefined) return 'credential_by_tenant_and_due'
    return status === undefined ? 'credential_by_due' : 'credential_by_status_and_due'
  }
  if (type !== undefined) return status === undefined ? 'credential_by_type' : 'credential_by_type_and_status'
  return status === undefined ? 'credential_by_id' : 'credential_by_status'
}
