import type { AnyInteractive, Authorized, NotYet } from '../credential/credential.ts'
import type { ProviderFailure } from '../credential/provider-failure.ts'
import { CredentialError, isCredentialError } from '../errors.ts'
import type { CredentialId } from '../record/ids.ts'
import { disposeSecrets } from '../secret/ephemeral.ts'
import { callProvider } from './call-provider.ts'
import { endFlow } from './claim-flow.ts'
import { type FlowProof, type FoundFlow, findFlow } from './find-flow.ts'
import { auditedFailure, authorizationError, flowPayload } from './resume-authorization.ts'
import { auditEvent, type BoundContext, type Runtime } from './runtime.ts'
import { saveAuthorized } from './save-authorized.ts'

/**
 * Waits until the person is done with an interaction that has no callback. The flow stays pending meanwhile, so that
 * another process can go on when this one ends; the one that the provider answers completes it.
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
    const found = await findFlow(runtime, context, proof)
    // The state may have taken secrets of the flow over, so they are zeroed together.
    using payload = flowPayload(runtime, found)
    const outcome = await ask(runtime, found, payload.value).catch(error =>
      settle(runtime, context, found, proof, error),
    )
    if ('state' in outcome) return await save(runtime, context, found, outcome)
    slowerByMs += outcome.slowerByMs ?? 0
    const leftMs = found.flow.expiresAt - runtime.clock.now()
    await runtime.clock.sleep(Math.max(0, Math.min(outcome.retryAfterMs + slowerByMs, leftMs)), signal)
  }
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
