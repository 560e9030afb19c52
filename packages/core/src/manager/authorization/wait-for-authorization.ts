import type { AnyInteractive, Authorized, NotYet } from '../../credential/credential.ts'
import type { ProviderFailure } from '../../credential/provider-failure.ts'
import { CredentialError, isCredentialError } from '../../errors.ts'
import type { CredentialRecord } from '../../record/credential-record.ts'
import type { CredentialId } from '../../record/ids.ts'
import { disposeSecrets } from '../../secret/ephemeral.ts'
import type { Lease } from '../../storage/distributed-lock.ts'
import { callProvider } from '../call-provider.ts'
import { auditEvent, type BoundContext, keyOf, type Runtime } from '../runtime.ts'
import { endFlow } from './claim-flow.ts'
import { type FlowProof, type FoundFlow, findFlow } from './find-flow.ts'
import { auditedFailure, authorizationError, flowPayload } from './resume-authorization.ts'
import { saveAuthorized } from './save-authorized.ts'

/**
 * Waits until the person is done with an interaction that has no callback. The flow stays pending meanwhile, so that
 * another process can go on when this one ends. Of several that wait one asks at a time: a provider that is asked again
 * with a code that it has answered may take it for stolen, and end the grant.
 *
 * @throws CredentialError as `CredentialView.waitForAuthorization`
 */
export async function waitForAuthorization(
  runtime: Runtime,
  context: BoundContext,
  proof: FlowProof,
  given: AbortSignal | undefined,
): Promise<CredentialId> {
  const signal = given === undefined ? runtime.closed : AbortSignal.any([given, runtime.closed])
  let slowerByMs = 0
  for (;;) {
    signal.throwIfAborted()
    const { record, flow } = await findFlow(runtime, context, proof)
    const outcome = await inTurn(runtime, record, signal, () => askAndSave(runtime, context, proof))
    if (typeof outcome === 'string') return outcome
    slowerByMs += outcome.slowerByMs ?? 0
    const leftMs = flow.expiresAt - runtime.clock.now()
    await runtime.clock.sleep(Math.max(0, Math.min(outcome.retryAfterMs + slowerByMs, leftMs)), signal)
  }
}

const othersTurnMs = 1_000

/** Does the work while no other process is at it. Without a lock service it is done all the same. */
async function inTurn<T>(
  runtime: Runtime,
  record: CredentialRecord,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T | NotYet> {
  let lease: Lease | undefined
  try {
    lease = await runtime.lock.acquire(keyOf(record), { waitMs: runtime.policy.lockWaitMs, signal })
  } catch (error) {
    if (isCredentialError(error, 'LOCK_TIMEOUT')) return { retryAfterMs: othersTurnMs }
    if (!isCredentialError(error, 'STORAGE_UNAVAILABLE')) throw error
  }
  try {
    return await work()
  } finally {
    await lease?.release()
  }
}

/** The flow is looked at again: another process may have completed it before this one's turn. */
async function askAndSave(
  runtime: Runtime,
  context: BoundContext,
  proof: FlowProof,
): Promise<CredentialId | NotYet> {
  const found = await findFlow(runtime, context, proof)
  // The state may have taken secrets of the flow over, so they are zeroed together.
  using payload = flowPayload(runtime, found)
  const outcome = await ask(runtime, found, payload.value).catch(error =>
    settle(runtime, context, found, proof, error),
  )
  return 'state' in outcome ? await save(runtime, context, found, outcome) : outcome
}

async function ask(
  runtime: Runtime,
  { record }: FoundFlow,
  payload: unknown,
): Promise<Authorized<unknown> | NotYet> {
  const { interactive, type } = runtime.registry.get(record.type) as AnyInteractive
  const { poll } = interactive
  if (poll === undefined) {
    throw new CredentialError(
      'NOT_SUPPORTED',
      `A connection of type "${type}" ends with a callback; complete it by resumeAuthorization`,
    )
  }
  return callProvider(runtime, record, runtime.policy.rotatingRequestMs, 'unknown', environment =>
    poll(payload, environment),
  )
}

const outagePauseMs = 10_000

/** What becomes of a failed question: an outage is waited out, anything else ends the flow. */
async function settle(
  runtime: Runtime,
  context: BoundContext,
  found: FoundFlow,
  proof: FlowProof,
  error: unknown,
): Promise<NotYet> {
  if (isCredentialError(error)) throw error
  const failure = error as ProviderFailure
  const now = runtime.clock.now()
  if (failure.kind === 'transient') {
    return { retryAfterMs: Math.max(outagePauseMs, (failure.retryAt ?? now) - now) }
  }
  // Another process may have got the answer: then the flow is used by now, and that is what went wrong here.
  await findFlow(runtime, context, proof)
  await endFlow(runtime, found)
  throw auditedFailure(runtime, context, found, authorizationError(failure))
}

async function save(
  runtime: Runtime,
  context: BoundContext,
  found: FoundFlow,
  authorized: Authorized<unknown>,
): Promise<CredentialId> {
  try {
    const id = await saveAuthorized(runtime, context, found, authorized)
    if (found.flow.reconnects !== undefined) await endFlow(runtime, found)
    runtime.audit.queue(
      auditEvent(runtime, context, { action: 'flow.resume', outcome: 'success' }, found.record),
    )
    return id
  } catch (error) {
    await endFlow(runtime, found)
    throw auditedFailure(runtime, context, found, error)
  } finally {
    disposeSecrets(authorized.state)
  }
}
