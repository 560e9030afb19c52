import { CredentialError } from '../errors.ts'
import type { AuditAppend } from './audit-sink.ts'

/**
 * What every sink checks before it appends.
 * @throws CredentialError INPUT_INVALID when the entries do not follow the expected sequence
 */
export function assertFollows({ chain, entries, expectedSequence }: AuditAppend): void {
  entries.forEach(({ sequence }, index) => {
    if (sequence === expectedSequence + 1 + index) return
    throw new CredentialError(
      'INPUT_INVALID',
      `Entry ${index} of an append to audit chain ${JSON.stringify(chain)} must have sequence ${expectedSequence + 1 + index}, not ${sequence}`,
    )
  })
}
