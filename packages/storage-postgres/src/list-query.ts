import type { ListFilter, ListPosition } from '@nebula-credential/core'
import { summaryColumns } from './record-codec.ts'

/** A statement and its parameters. */
export interface Query {
  readonly sql: string
  readonly values: readonly unknown[]
}

/**
 * The query for the records after a position, read in order from an index that serves the filter: its time depends on
 * the page, not on the table. Where a filter combines `type`, labels, or `status` within a tenant, with `dueBefore`,
 * those parts are checked on each record that the index yields.
 */
export function listQuery(filter: ListFilter, limit: number, after: ListPosition | undefined): Query {
  const { tenantId, type, status, dueBefore, labels = {} } = filter
  const values: unknown[] = []
  const given = (value: unknown) => `$${values.push(value)}`
  const conditions: string[] = []

  const labelled = Object.entries(labels)
  const byLabel = labelled.length > 0 && dueBefore === undefined
  const tables = byLabel
    ? tablesByLabel(tenantId as string, labelled, given)
    : '{schema}.credential AS credential'
  // What the index is read in order of. Within one tenant, its column orders nothing.
  const at = byLabel ? 'label0' : 'credential'
  const order = [
    ...(dueBefore === undefined ? [] : ['due_at' as const]),
    ...(tenantId === undefined ? ['tenant_id' as const] : []),
    'id' as const,
  ]

  if (tenantId !== undefined && !byLabel) conditions.push(`credential.tenant_id = ${given(tenantId)}`)
  if (type !== undefined) conditions.push(`credential.type = ${given(type)}`)
  if (status !== undefined) conditions.push(`credential.status = ${given(status)}`)
  if (dueBefore !== undefined) conditions.push(`credential.due_at <= ${given(dueBefore)}`)
  if (labelled.length > 0 && !byLabel)
    conditions.push(`credential.labels @> ${given(JSON.stringify(labels))}`)
  if (after !== undefined) {
    const position = { due_at: after.dueAt, tenant_id: after.tenantId, id: after.id }
    const last = order.map(column => given(position[column]))
    conditions.push(`(${columnsOf(at, order)}) > (${last.join(', ')})`)
  }
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  return {
    sql: `SELECT ${columnsOf('credential', summaryColumns)} FROM ${tables}${where} ORDER BY ${columnsOf(at, order)} LIMIT ${given(limit)}`,
    values,
  }
}

/** The ids that carry all labels, each with its record. */
function tablesByLabel(
  tenantId: string,
  labels: readonly (readonly [string, string])[],
  given: (value: unknown) => string,
): string {
  const tenant = given(tenantId)
  const labelled = labels.map(([name, value], number) => {
    const digest = `{schema}.label_digest(${tenant}, ${given(name)}, ${given(value)})`
    return `(SELECT id FROM {schema}.credential_label WHERE digest = ${digest}) AS label${number}`
  })
  // OFFSET 0 keeps the planner from reading all of the tenant's records to sort them.
  const record = `(SELECT * FROM {schema}.credential WHERE tenant_id = ${tenant} AND id = label0.id OFFSET 0)`
  const [first, ...further] = labelled
  const joins = further.map((label, index) => ` JOIN ${label} ON label${index + 1}.id = label0.id`)
  return `${first}${joins.join('')} CROSS JOIN LATERAL ${record} AS credential`
}

function columnsOf(table: string, columns: readonly string[]): string {
  return columns.map(column => `${table}.${column}`).join(', ')
}
