import type { AuditAction } from '../../audit/audit-event.ts'
import { CredentialError, isCredentialError } from '../../errors.ts'
import type { CredentialRecord } from '../../record/credential-record.ts'
import { auditEvent, type BoundContext, type Runtime } from '../runtime.ts'
import { announceChange, prepareChange } from './announce-change.ts'
import { AuditedChange } from './audited-change.ts'
import { loadVisible } from './open-record.ts'

const maxRounds = 50

/**
 * Changes a record by CAS, on its newest version, however many others write it. The change is refused while the audit
 * cannot be written, and one that fails is audited too.
 */
export async function changeRecord(
  runtime: Runtime,
  context: BoundContext,
  id: string,
  action: AuditAction,
  change: (record: CredentialRecord) => Promise<CredentialRecord>,
): Promise<CredentialRecord> {
  const attempt = new AuditedChange(runtime)
  let record = await loadVisible(runtime, context, id, action)
  try {
    for (let round = 0; round < maxRounds; round++) {
      const changed = {
        ...(await change(record)),
        version: record.version + 1,
        updatedAt: runtime.clock.now(),
      }
      const event = auditEvent(runtime, context, { action, outcome: 'success' }, changed)
      try {
        const preparation = await prepareChange(runtime, changed)
        await attempt.make(event, { method: 'replace', record: changed })
        await announceChange(runtime, changed, preparation)
        return changed
      } catch (error) {
        if (!isCredentialError(error, 'VERSION_CONFLICT')) throw error
      }
      record = await loadVisible(runtime, context, id, action)
    }
    throw new CredentialError('VERSION_CONFLICT', `Credential ${id} keeps changing; try again`, {
      credentialId: id,
    })
  } catch (error) {
    const code = isCredentialError(error) ? error.code : undefined
    attempt.fail(auditEvent(runtime, context, { action, outcome: 'failure', code }, record))
    throw error
  }
}
