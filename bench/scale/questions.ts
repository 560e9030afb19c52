import { randomBytes } from 'node:crypto'
import { encodeCursor, type ListFilter, type Page } from '@nebula-credential/core'
import { dueBefore, dueSpreadMs, largeTenant, rarerStatus, rarerType, teamLabel } from './fill-store.ts'

/** A list that programs and workers ask for. */
export interface Question {
  readonly what: string
  readonly filter: ListFilter
  /** The cursor of a page somewhere in the list, where there are still enough records behind it; by default the first. */
  readonly cursor?: () => string
}

/** So many records stand behind every cursor, in the smaller store too. */
export const limit = 25

const anywhere = () => encodeCursor({ tenantId: largeTenant, id: someId() })

const dueAnywhere = () => {
  const dueAt = dueBefore - Math.floor(dueSpreadMs * (1 - Math.random() / 2))
  return encodeCursor({ tenantId: largeTenant, id: someId(), dueAt })
}

// Those of the other type follow in the order.
const someId = () => `${rarerType}_${randomBytes(13).toString('hex')}`

export const questions: readonly Question[] = [
  { what: 'list', filter: {} },
  { what: 'list of a tenant', filter: { tenantId: largeTenant } },
  { what: 'list of a type', filter: { type: rarerType } },
  { what: 'list of a status', filter: { status: rarerStatus } },
  { what: 'list of a label', filter: { tenantId: largeTenant, labels: teamLabel } },
  { what: 'due work', filter: { dueBefore } },
  { what: 'due work of a status', filter: { dueBefore, status: 'active' } },
  { what: 'due work of a tenant', filter: { dueBefore, tenantId: largeTenant } },
  { what: 'list, a page anywhere', filter: {}, cursor: anywhere },
  { what: 'list of a tenant, a page anywhere', filter: { tenantId: largeTenant }, cursor: anywhere },
  { what: 'due work, a page anywhere', filter: { dueBefore }, cursor: dueAnywhere },
]

export function pageOf({ cursor }: Question): Page {
  return cursor === undefined ? { limit } : { limit, cursor: cursor() }
}
