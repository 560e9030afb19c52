import { CredentialError } from '../errors.ts'
import type { CredentialRecord } from '../record/credential-record.ts'

/**
 * Checks what every store checks before it creates.
 * @throws CredentialError INPUT_INVALID when the version is not 1
 */
export function assertNewRecord(record: CredentialRecord): void {
  if (record.version === 1) return
  throw new CredentialError('INPUT_INVALID', `A new record must have version 1, not ${record.version}`, {
    credentialId: record.id,
  })
}
