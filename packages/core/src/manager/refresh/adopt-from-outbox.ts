import { isCredentialError } from '../../errors.ts'
import type { CredentialRecord } from '../../record/credential-record.ts'
import type { OutboxEntry } from '../../storage/outbox.ts'
import type { SealedState } from '../record/state-sealer.ts'
import { auditEvent, type BoundContext, type Derived, keyOf, type Runtime } from '../runtime.ts'
import { saveRefreshed } from './save-refreshed.ts'

/**
 * Adopts the state that an attempt on this generation left in the outbox, if one did: its token, and the store has
 * it afterwards. Entries of earlier generations are out of date and are removed.
 *
 * @throws CredentialError STORAGE_UNAVAILABLE when the outbox cannot be read: then nobody may try the old grant
 */
export async function adoptFromOutbox(
  runtime: Runtime,
  context: BoundContext,
  record: CredentialRecord,
): Promise<Derived | undefined> {
  const { tenantId } = record.scope
  let adopted: Derived | undefined
  for (const entry of (await runtime.outbox.list(tenantId, record.id)).toReversed()) {
    if (entry.generation > record.generation) continue
    if (entry.generation === record.generation && adopted === undefined) {
      const next = await openEntry(runtime, context, record, entry)
      if (next === undefined) continue
      adopted = await saveRefreshed(runtime, {
        context,
        attemptId: entry.attemptId,
        base: record,
        next,
        rotating: true,
      })
      // Still unsaved: the entry is the only durable copy.
      if (adopted !== undefined && runtime.unsaved.has(keyOf(record))) return adopted
    }
    await runtime.outbox.remove(tenantId, record.id, entry.attemptId)
  }
  return adopted
}

async function openEntry(
  runtime: Runtime,
  context: BoundContext,
  record: CredentialRecord,
  entry: OutboxEntry,
): Promise<SealedState | undefined> {
  try {
    return await runtime.sealer.openFromOutbox(record, entry.sealed)
  } catch (error) {
    if (!isCredentialError(error, 'DECRYPTION_FAILED')) throw error
    runtime.audit.queue(
      auditEvent(
        runtime,
        context,
        { action: 'credential.refresh', outcome: 'violation', code: error.code, reason: 'outbox_entry' },
        record,
      ),
    )
    return undefined
  }
}
