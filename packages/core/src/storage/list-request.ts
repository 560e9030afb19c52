import { CredentialError } from '../errors.ts'
import type { ListFilter, Page, RecordKey } from './state-store.ts'

/** A list request as an adapter executes it. */
export interface ListRequest {
  readonly limit: number
  /** Records at or before this position were on earlier pages. */
  readonly after?: ListPosition | undefined
}

/** A place in the order of a list: by tenant and id, or by due time, tenant and id where the list is of due records. */
export interface ListPosition extends RecordKey {
  /** Epoch ms; present just in lists by `dueBefore`. */
  readonly dueAt?: number | undefined
}

const maximumLimit = 1_000
const cursorFormat = 1

/**
 * Checks what every store checks before it lists, and opens the cursor.
 * @throws CredentialError INPUT_INVALID for a limit outside 1 to 1,000, a cursor that no page returned, or labels
 * without a tenant
 */
export function readListRequest(filter: ListFilter, page: Page): ListRequest {
  if (!Number.isInteger(page.limit) || page.limit < 1 || page.limit > maximumLimit) {
    throw new CredentialError('INPUT_INVALID', 'A page limit must be an integer from 1 to 1,000')
  }
  if (filter.labels !== undefined && filter.tenantId === undefined) {
    throw new CredentialError('INPUT_INVALID', 'Listing by labels needs a tenantId')
  }
  const after = page.cursor === undefined ? undefined : decodeCursor(page.cursor)
  if (after !== undefined && (after.dueAt === undefined) !== (filter.dueBefore === undefined)) {
    throw new CredentialError('INPUT_INVALID', 'This cursor is of a list with another filter')
  }
  return { limit: page.limit, after }
}

/** The cursor of a page that ended at `position`: opaque, and stable whatever is written meanwhile. */
export function encodeCursor(position: ListPosition): string {
  const { tenantId, id, dueAt } = position
  const parts = [cursorFormat, tenantId, id, ...(dueAt === undefined ? [] : [dueAt])]
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/**
 * The position a page ended at.
 * @throws CredentialError INPUT_INVALID when the cursor is not one that {@link encodeCursor} made
 */
export function decodeCursor(cursor: string): ListPosition {
  const position = readCursor(cursor)
  if (position === undefined || encodeCursor(position) !== cursor) {
    throw new CredentialError(
      'INPUT_INVALID',
      'This is not a cursor; pass one that the previous page returned',
    )
  }
  return position
}

function readCursor(cursor: string): ListPosition | undefined {
  try {
    const [format, tenantId, id, dueAt] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    if (format !== cursorFormat || typeof tenantId !== 'string' || typeof id !== 'string') return undefined
    if (dueAt === undefined) return { tenantId, id }
    return typeof dueAt === 'number' ? { tenantId, id, dueAt } : undefined
  } catch {
    return undefined
  }
}
