import { encodeCanonical } from '../record/canonical.ts'
import type { SealedFields } from '../record/credential-record.ts'
import type { Share } from '../record/scope.ts'

/** What a ciphertext is for. Ciphertext of one purpose does not open as another. */
export type SealPurpose = 'state' | 'token' | 'flow' | 'outbox'

const format = 1

/** The associated data of a credential's ciphertext: changing any of these fields seals anew. */
export function associatedData(purpose: SealPurpose, fields: SealedFields): Uint8Array {
  const { scope } = fields
  return encodeCanonical([
    format,
    purpose,
    scope.tenantId,
    fields.id,
    fields.type,
    scope.workflowId,
    scope.userId,
    scope.tags ?? [],
    fields.shares.map(encodeShare),
    fields.status,
    fields.stateVersion,
    fields.generation,
  ])
}

function encodeShare(share: Share): readonly string[] {
  return 'workflowId' in share ? ['workflow', share.workflowId] : ['user', share.userId]
}
