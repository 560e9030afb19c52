import type { AuditAction } from '../../audit/audit-event.ts'
import { CredentialError, isCredentialError } from '../../errors.ts'
import type { CredentialRecord } from '../../record/credential-record.ts'
import { typeOfId } from '../../record/ids.ts'
import { scopeAllows } from '../../record/scope.ts'
import { auditEvent, type BoundContext, notFound, type Runtime } from '../runtime.ts'
import type { SealedState } from './state-sealer.ts'

/**
 * The record of an id, when it is in the context's scope. The scope is checked before any other fact about the
 * record can be seen; a denial is audited and looks like an unknown id.
 *
 * @throws CredentialError CREDENTIAL_NOT_FOUND; TYPE_MISMATCH when the record is of another type than its id says
 */
export async function loadVisible(
  runtime: Runtime,
  context: BoundContext,
  id: string,
  action: AuditAction,
): Promise<CredentialRecord> {
  const record = await runtime.store.get(context.tenantId, id)
  return checkVisible(runtime, context, id, action, record)
}

/** The second half of {@link loadVisible}, for a record that is at hand. */
export function checkVisible<
  R extends Pick<CredentialRecord, 'id' | 'type' | 'scope' | 'shares' | 'generation'>,
>(runtime: Runtime, context: BoundContext, id: string, action: AuditAction, record: R | undefined): R {
  if (record === undefined || record.id !== id || !scopeAllows(record.scope, record.shares, context)) {
    const reason = record === undefined ? 'not_found' : 'out_of_scope'
    runtime.audit.queue(
      auditEvent(runtime, context, {
        action,
        outcome: 'denied',
        credentialId: id,
        code: 'CREDENTIAL_NOT_FOUND',
        reason,
      }),
    )
    throw notFound(id)
  }
  if (record.type !== typeOfId(id)) {
    throw new CredentialError('TYPE_MISMATCH', `Credential ${id} is stored with type "${record.type}"`, {
      credentialId: id,
    })
  }
  return record
}

/**
 * The sealed state of a visible record, at once where the keys are local. What does not decrypt is an audit violation.
 * @throws CredentialError DECRYPTION_FAILED, SCHEMA_MISMATCH, CONFIG_INVALID
 */
export function openRecord(
  runtime: Runtime,
  context: BoundContext,
  record: CredentialRecord,
  action: AuditAction,
): SealedState | Promise<SealedState> {
  const refuse = (error: unknown): never => {
    if (isCredentialError(error, 'DECRYPTION_FAILED')) {
      runtime.audit.queue(
        auditEvent(runtime, context, { action, outcome: 'violation', code: error.code }, record),
      )
    }
    throw error
  }
  try {
    const opened = runtime.sealer.open(record)
    return opened instanceof Promise ? opened.catch(refuse) : opened
  } catch (error) {
    return refuse(error)
  }
}

/** @throws CredentialError REAUTHORIZATION_REQUIRED when the credential cannot yield a token in its status */
export function assertUsable(record: CredentialRecord): void {
  if (record.status === 'active') return
  const { id } = record
  const message =
    record.status === 'revoked'
      ? `Credential ${id} is revoked; connect a new one`
      : record.status === 'failed'
        ? `Credential ${id} has failed (${record.failure?.cause ?? 'rejected'}); its owner must connect it again`
        : `Credential ${id} was never completed (${record.status}); its owner must complete the connection`
  throw new CredentialError('REAUTHORIZATION_REQUIRED', message, { credentialId: id })
}
