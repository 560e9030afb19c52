import { CredentialError } from '../errors.ts'
import type { ListFilter, Page, RecordKey } from './state-store.ts'

/** A list request as an adapter executes it. */
export interface ListRequest {
  readonly limit: number
  /** Records at or before this key, ordered by tenant and id, were on earlier pages. */
  readonly after?: RecordKey | undefined
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
  return { limit: page.limit, after: page.cursor === undefined ? undefined : decodeCursor(page.cursor) }
}

/** The cursor of a page that ended with `key`: opaque, and stable whatever is written meanwhile. */
export function encodeCursor(key: RecordKey): string {
  return Buffer.from(JSON.stringify([cursorFormat, key.tenantId, key.id])).toString('base64url')
}

/**
 * The key a page ended with.
 * @throws CredentialError INPUT_INVALID when the cursor is not one that {@link encodeCursor} made
 */
export function decodeCursor(cursor: string): RecordKey {
  const key = readCursor(cursor)
  if (key === undefined || encodeCursor(key) !== cursor) {
    throw new CredentialError(
      'INPUT_INVALID',
      'This is not a cursor; pass one that the previous page returned',
    )
  }
  return key
}

function readCursor(cursor: string): RecordKey | undefined {
  try {
    const [format, tenantId, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    const valid = format === cursorFormat && typeof tenantId === 'string' && typeof id === 'string'
    return valid ? { tenantId, id } : undefined
  } catch {
    return undefined
  }
}
