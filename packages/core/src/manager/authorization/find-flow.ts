import { CredentialError, type ErrorCode, isCredentialError } from '../../errors.ts'
import type { CredentialRecord } from '../../record/credential-record.ts'
import { digestOf, type PendingFlow, recordIdOfState, sameAsker, sameDigest } from '../record/pending-flow.ts'
import { auditEvent, type BoundContext, type Runtime } from '../runtime.ts'

/** What proves that somebody goes on with a flow that they began. */
export interface FlowProof {
  readonly state: string | undefined
  readonly browserBinding: string | undefined
}

/** A flow that may be completed now, and the record that holds it. */
export interface FoundFlow {
  readonly record: CredentialRecord
  readonly flow: PendingFlow
}

/**
 * The pending flow that a proof is of. Whatever does not belong to it learns nothing about it.
 * @throws CredentialError FLOW_FORGED, FLOW_REPLAYED, FLOW_EXPIRED, DECRYPTION_FAILED; each audited
 */
export async function findFlow(
  runtime: Runtime,
  context: BoundContext,
  { state, browserBinding }: FlowProof,
): Promise<FoundFlow> {
  const refuse = (code: FlowCode, reason: string, record?: CredentialRecord) =>
    refused(runtime, context, code, reason, record)
  const id = state === undefined ? undefined : recordIdOfState(state)
  if (state === undefined || id === undefined) throw refuse('FLOW_FORGED', 'no_state')
  const record = await runtime.store.get(context.tenantId, id)
  if (record === undefined || record.id !== id) throw refuse('FLOW_FORGED', 'unknown_flow')

  const { flow, usedFlow } = await open(runtime, context, record)
  const digest = digestOf(state)
  if (usedFlow !== undefined && sameDigest(usedFlow, digest)) throw refuse('FLOW_REPLAYED', 'used', record)
  if (flow === undefined || !sameDigest(flow.stateDigest, digest)) throw refuse('FLOW_FORGED', 'unknown_flow')
  if (browserBinding === undefined || !sameDigest(flow.bindingDigest, digestOf(browserBinding))) {
    throw refuse('FLOW_FORGED', 'another_browser', record)
  }
  if (!sameAsker(flow, context)) throw refuse('FLOW_FORGED', 'another_context', record)
  if (runtime.clock.now() >= flow.expiresAt) throw refuse('FLOW_EXPIRED', 'too_late', record)
  return { record, flow }
}

type FlowCode = Extract<ErrorCode, `FLOW_${string}`>

const messages: Record<FlowCode, string> = {
  FLOW_FORGED:
    'This callback does not belong to a connection that was begun here by this person in this browser',
  FLOW_REPLAYED: 'This callback has been used already',
  FLOW_EXPIRED: 'This connection was not completed in time',
}

function refused(
  runtime: Runtime,
  context: BoundContext,
  code: FlowCode,
  reason: string,
  record: CredentialRecord | undefined,
): CredentialError {
  const outcome = code === 'FLOW_FORGED' ? 'denied' : 'failure'
  runtime.audit.queue(auditEvent(runtime, context, { action: 'flow.resume', outcome, code, reason }, record))
  return new CredentialError(code, `${messages[code]}; begin again`)
}

async function open(runtime: Runtime, context: BoundContext, record: CredentialRecord) {
  try {
    return await runtime.sealer.openFlow(record)
  } catch (error) {
    if (isCredentialError(error, 'DECRYPTION_FAILED')) {
      const event = { action: 'flow.resume', outcome: 'violation', code: error.code } as const
      runtime.audit.queue(auditEvent(runtime, context, event, record))
    }
    throw error
  }
}
