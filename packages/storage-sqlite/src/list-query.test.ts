import { DatabaseSync } from 'node:sqlite'
import type { ListFilter, ListPosition } from '@nebula-credential/core'
import { describe, expect, test } from 'vitest'
import { migrations } from './generated/migrations.ts'
import { countLabelled, listQuery } from './list-query.ts'

const parts: Readonly<Record<keyof ListFilter, unknown>> = {
  tenantId: 'acme',
  type: 'chat_bot',
  status: 'active',
  dueBefore: 5,
  labels: { team: 'support', stage: 'prod' },
}

const filters = subsets(Object.entries(parts))
  .map(chosen => Object.fromEntries(chosen) as ListFilter)
  .filter(filter => filter.labels === undefined || filter.tenantId !== undefined)

const database = new DatabaseSync(':memory:')
for (const statements of migrations) database.exec(statements)

describe('the plan of a list', () => {
  const cases = filters.flatMap(filter => [
    { filter, after: undefined },
    { filter, after: positionFor(filter) },
  ])

  test.each(cases)('by $filter after $after neither scans nor sorts', ({ filter, after }) => {
    const plan = planOf(filter, after)
    expect(plan).not.toMatch(/TEMP B-TREE/)
    // Reading the labels given, from JSON, is a scan of those labels.
    const scans = plan.split('\n').filter(step => step.startsWith('SCAN') && !step.includes('VIRTUAL TABLE'))
    const readsAll = Object.keys(filter).length === 0 && after === undefined
    expect(scans).toEqual(readsAll ? ['SCAN credential USING INDEX credential_by_id'] : [])
  })

  test('starts each further page at the cursor, not at the start of the index', () => {
    expect(planOf({}, positionFor({}))).toContain('credential_by_id ((tenant_id,id)>(?,?))')
    expect(planOf({ dueBefore: 5 }, positionFor({ dueBefore: 5 }))).toContain(
      'credential_by_due ((due_at,tenant_id,id)>(?,?,?) AND due_at<?)',
    )
    const labelled = { tenantId: 'acme', labels: { team: 'support' } }
    expect(planOf(labelled, positionFor(labelled))).toContain('(tenant_id=? AND name=? AND value=? AND id>?)')
  })

  test('of a count of labels searches them', () => {
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${countLabelled}`)
    const steps = plan.all({ tenantId: 'a', name: 'n', value: 'v', limit: 1 }).map(row => String(row.detail))
    expect(steps.filter(step => step.includes('credential_label')).join()).toMatch(/^SEARCH/)
  })
})

function planOf(filter: ListFilter, after: ListPosition | undefined): string {
  const { sql, parameters } = listQuery(filter, 10, after, Object.keys(filter.labels ?? {})[0])
  const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(parameters)
  return steps.map(row => String(row.detail)).join('\n')
}

function positionFor(filter: ListFilter): ListPosition {
  return { tenantId: 'acme', id: 'x', ...(filter.dueBefore !== undefined && { dueAt: 3 }) }
}

function subsets<T>(items: readonly T[]): T[][] {
  const [first, ...rest] = items
  if (first === undefined) return [[]]
  return subsets(rest).flatMap(chosen => [chosen, [first, ...chosen]])
}
