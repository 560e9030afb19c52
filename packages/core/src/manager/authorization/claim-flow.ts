import { isCredentialError } from '../../errors.ts'
import type { CredentialRecord } from '../../record/credential-record.ts'
import { AuditedChange } from '../record/audited-change.ts'
import { flowRecordName } from '../record/pending-flow.ts'
import { auditEvent, type BoundContext, type Runtime } from '../runtime.ts'
import { type FlowProof, type FoundFlow, findFlow } from './find-flow.ts'

/**
 * Takes a pending flow for this caller alone, by CAS: of any number of callers with the same callback, in any number
 * of processes, one gets it. From then on the record can only tell that the flow was used.
 *
 * @throws CredentialError FLOW_FORGED, FLOW_REPLAYED, FLOW_EXPIRED, STORAGE_UNAVAILABLE
 */
export async function claimFlow(
  runtime: Runtime,
  context: BoundContext,
  proof: FlowProof,
): Promise<FoundFlow> {
  const attempt = new AuditedChange(runtime)
  for (;;) {
    const { record, flow } = await findFlow(runtime, context, proof)
    const unsealed = { ...record, status: 'authenticating' as const, ...nextVersion(runtime, record) }
    const state = await runtime.sealer.seal(unsealed, { state: undefined, flow })
    const claimed = { ...unsealed, state }
    const event = auditEvent(runtime, context, { action: 'flow.resume', outcome: 'success' }, record)
    try {
      await attempt.make(event, { method: 'replace', record: claimed })
      return { record: claimed, flow }
    } catch (error) {
      if (!isCredentialError(error, 'VERSION_CONFLICT')) throw error
    }
  }
}

/** Lets a claimed flow be completed after all: nothing of its callback was used up. */
export async function returnFlow(runtime: Runtime, { record, flow }: FoundFlow): Promise<void> {
  const unsealed = { ...record, status: 'pending' as const, ...nextVersion(runtime, record) }
  await write(runtime, {
    ...unsealed,
    state: await runtime.sealer.seal(unsealed, { state: undefined, flow }),
  })
}

/** Ends a flow that yielded nothing. Until its time is over, the record tells a replay from a forgery. */
export async function endFlow(runtime: Runtime, { record, flow }: FoundFlow): Promise<void> {
  const unsealed = {
    ...record,
    name: flowRecordName,
    labels: {},
    status: 'failed' as const,
    failure: { cause: 'rejected' as const, at: runtime.clock.now() },
    ...nextVersion(runtime, record),
  }
  await write(runtime, {
    ...unsealed,
    state: await runtime.sealer.seal(unsealed, { state: undefined, flow }),
  })
}

/** What changed meanwhile, or cannot be written now, ends by its due time. */
async function write(runtime: Runtime, record: CredentialRecord): Promise<void> {
  try {
    await runtime.store.replace(record)
  } catch (error) {
    if (!isCredentialError(error)) throw error
  }
}

function nextVersion(runtime: Runtime, record: CredentialRecord) {
  return { version: record.version + 1, updatedAt: runtime.clock.now() }
}
