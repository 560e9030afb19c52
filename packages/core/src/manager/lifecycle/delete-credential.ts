import { isCredentialError } from '../../errors.ts'
import { announceChange, prepareChange } from '../record/announce-change.ts'
import { AuditedChange } from '../record/audited-change.ts'
import { loadVisible } from '../record/open-record.ts'
import { auditEvent, type BoundContext, type Runtime } from '../runtime.ts'

/**
 * Deletes a credential here, even a damaged one. The provider is not told: revoke first where it should be.
 * @throws CredentialError CREDENTIAL_NOT_FOUND
 */
export async function deleteCredential(runtime: Runtime, context: BoundContext, id: string): Promise<void> {
  const action = 'credential.delete'
  const attempt = new AuditedChange(runtime)
  for (;;) {
    const record = await loadVisible(runtime, context, id, action)
    const event = auditEvent(runtime, context, { action, outcome: 'success' }, record)
    const key = { tenantId: context.tenantId, id }
    const deleted = { ...record, version: record.version + 1 }
    try {
      const preparation = await prepareChange(runtime, deleted)
      await attempt.make(event, { method: 'delete', key, expectedVersion: record.version })
      await announceChange(runtime, deleted, preparation)
      return
    } catch (error) {
      if (isCredentialError(error, 'VERSION_CONFLICT')) continue
      const code = isCredentialError(error) ? error.code : undefined
      attempt.fail(auditEvent(runtime, context, { action, outcome: 'failure', code }, record))
      throw error
    }
  }
}
