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
  const { tenantId, type, status, dueBefore, labels = {} } = filter
  const byLabel = firstLabel !== undefined && dueBefore === undefined
  const table = byLabel
    ? `credential_label AS label CROSS JOIN credential INDEXED BY credential_by_id
       ON credential.tenant_id = label.tenant_id AND credential.id = label.id`
    : `credential INDEXED BY ${indexOf(filter)}`
  // The columns that the index is read in order of.
  const at = byLabel ? 'label' : 'credential'
  const order = [...(dueBefore === undefined ? [] : ['due_at']), 'tenant_id', 'id'].map(
    name => `${at}.${name}`,
  )
  const keyOrder = tenantId === undefined ? order : order.filter(name => name !== `${at}.tenant_id`)

  const conditions: string[] = []
  const parameters: Record<string, SQLInputValue> = { limit }
  const where = (condition: string, values: Record<string, SQLInputValue>) => {
    conditions.push(condition)
    Object.assign(parameters, values)
  }
  if (tenantId !== undefined) where(`${at}.tenant_id = $tenantId`, { tenantId })
  if (byLabel) {
    where('label.name = $labelName AND label.value = $labelValue', {
      labelName: firstLabel,
      labelValue: labels[firstLabel] as string,
    })
  }
  if (type !== undefined) where('credential.type = $type', { type })
  if (status !== undefined) where('credential.status = $status', { status })
  if (dueBefore !== undefined) where('credential.due_at <= $dueBefore', { dueBefore })
  if (after !== undefined) {
    const values = { afterDueAt: after.dueAt, afterTenantId: after.tenantId, afterId: after.id }
    const used = keyOrder.map(name => positionParameters[name.slice(at.length + 1)] as keyof typeof values)
    where(
      `(${keyOrder.join(', ')}) > (${used.map(name => `$${name}`).join(', ')})`,
      Object.fromEntries(used.map(name => [name, values[name] as SQLInputValue])),
    )
  }
  if (Object.keys(labels).length > (byLabel ? 1 : 0))
    where(carriesAllLabels, { labels: JSON.stringify(labels) })

  const columns = summaryColumns.replaceAll(/\w+/g, name => `credential.${name}`)
  return {
    sql: `SELECT ${columns} FROM ${table}${conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : ''} ORDER BY ${order.join(', ')} LIMIT $limit`,
    parameters,
  }
}

/** Counts the records with a label, up to $limit. */
export const countLabelled =
  'SELECT count(*) AS count FROM (SELECT 1 FROM credential_label WHERE tenant_id = $tenantId AND name = $name AND value = $value LIMIT $limit)'

const positionParameters: Record<string, string> = {
  due_at: 'afterDueAt',
  tenant_id: 'afterTenantId',
  id: 'afterId',
}

// One text for any number of labels, so that there are few statements to prepare.
const carriesAllLabels = `NOT EXISTS (
  SELECT 1 FROM json_each($labels) AS wanted WHERE NOT EXISTS (
    SELECT 1 FROM credential_label AS carried
    WHERE carried.tenant_id = credential.tenant_id AND carried.name = wanted.key
      AND carried.value = wanted.value AND carried.id = credential.id))`

// The planner has no statistics to choose by, so it is told.
function indexOf({ tenantId, type, status, dueBefore }: ListFilter): string {
  if (dueBefore !== undefined) {
    if (tenantId !== undefined) return 'credential_by_tenant_and_due'
    return status === undefined ? 'credential_by_due' : 'credential_by_status_and_due'
  }
  if (type !== undefined) return status === undefined ? 'credential_by_type' : 'credential_by_type_and_status'
  return status === undefined ? 'credential_by_id' : 'credential_by_status'
}
