import type { AuditKeys } from '../audit/audit-keys.ts'
import { CredentialError } from '../errors.ts'
import { parseHeader } from './header.ts'
import type { HeaderStore } from './open-encryption.ts'

/**
 * Proves that a store still has the header that its keys were opened from, before something new is sealed for it: a
 * store that lost its header has lost the salts and the audit key without which nothing of it can be used again.
 * @throws CredentialError KEY_MISMATCH when it was emptied, or begun anew, since
 */
export async function assertSameStore(
  store: Pick<HeaderStore, 'readHeader'>,
  auditKeys: AuditKeys,
): Promise<void> {
  const stored = await store.readHeader()
  // Every store has an audit key of its own, and keeps it when keys are added.
  const ids = stored === undefined ? [] : parseHeader(stored.value).audit.keys.map(({ id }) => id)
  if (ids.includes(auditKeys.currentKeyId)) return
  const what = stored === undefined ? 'has lost its header' : 'was begun anew'
  throw new CredentialError(
    'KEY_MISMATCH',
    `The store ${what} since this manager was built, so nothing new can be kept in it: another process could not ` +
      'open it. Restore the store from a backup. Start this process again only if all that it held may be given up',
  )
}
