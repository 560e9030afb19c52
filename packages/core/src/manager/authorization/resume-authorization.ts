import { z } from 'zod'
import type { AnyInteractive, Authorized } from '../../credential/credential.ts'
import type { ProviderFailure } from '../../credential/provider-failure.ts'
import { CredentialError, isCredentialError } from '../../errors.ts'
import type { CredentialId } from '../../record/ids.ts'
import { Ephemeral } from '../../secret/ephemeral.ts'
import { callProvider } from '../call-provider.ts'
import { auditEvent, type BoundContext, type Runtime } from '../runtime.ts'
import { claimFlow, endFlow, returnFlow } from './claim-flow.ts'
import type { FoundFlow } from './find-flow.ts'
import { saveAuthorized } from './save-authorized.ts'

/**
 * Completes a connection with what the person's browser brought back, once. The flow is used up before the provider
 * is asked.
 *
 * @throws CredentialError as `CredentialView.resumeAuthorization`
 */
export async function resumeAuthorization(
  runtime: Runtime,
  context: BoundContext,
  callback: string | URL | URLSearchParams,
  browserBinding: string | undefined,
): Promise<CredentialId> {
  const parameters = parametersOf(callback)
  const [state, ...further] = parameters.getAll('state')
  const found = await claimFlow(runtime, context, {
    state: further.length > 0 ? undefined : state,
    browserBinding,
  })
  try {
    // The state may have taken secrets of the flow over, so they are zeroed together.
    using payload = flowPayload(runtime, found)
    const authorized = await complete(runtime, found, payload.value, parameters)
    using _state = new Ephemeral(authorized.state)
    return await saveAuthorized(runtime, context, found, authorized)
  } catch (error) {
    await (canBeBroughtAgain(error) ? returnFlow(runtime, found) : endFlow(runtime, found))
    throw auditedFailure(runtime, context, found, error)
  }
}

/** Nothing was used up: the provider could not be asked, or the person entered something that can be corrected. */
function canBeBroughtAgain(error: unknown): boolean {
  return isCredentialError(error, 'PROVIDER_UNAVAILABLE') || isCredentialError(error, 'INPUT_INVALID')
}

function parametersOf(callback: string | URL | URLSearchParams): URLSearchParams {
  if (callback instanceof URLSearchParams) return callback
  if (callback instanceof URL) return callback.searchParams
  const query = callback.indexOf('?')
  return new URLSearchParams(query < 0 ? '' : (callback.slice(query).split('#')[0] ?? ''))
}

async function complete(
  runtime: Runtime,
  { record }: FoundFlow,
  payload: unknown,
  parameters: URLSearchParams,
): Promise<Authorized<unknown>> {
  const { interactive } = runtime.registry.get(record.type) as AnyInteractive
  try {
    const { rotatingRequestMs } = runtime.policy
    return await callProvider(runtime, record, rotatingRequestMs, 'unknown', environment =>
      interactive.resume(payload, parameters, environment),
    )
  } catch (error) {
    throw authorizationError(error as ProviderFailure)
  }
}

/** What the type keeps of a flow. @throws CredentialError SCHEMA_MISMATCH when it was begun by another release */
export function flowPayload(runtime: Runtime, { record, flow }: FoundFlow): Ephemeral<unknown> {
  const { interactive } = runtime.registry.get(record.type) as AnyInteractive
  const decoded = z.safeDecode(interactive.flow, flow.payload as never)
  if (decoded.success) return new Ephemeral(decoded.data)
  throw new CredentialError(
    'SCHEMA_MISMATCH',
    'This connection was begun by another release of its type; begin again',
  )
}

/** What a failure at the end of a flow means to the person who waits for it. */
export function authorizationError(failure: ProviderFailure): CredentialError {
  const { kind, message, cause, retryAt } = failure
  if (cause instanceof CredentialError) return cause
  switch (kind) {
    case 'transient':
      return new CredentialError(
        'PROVIDER_UNAVAILABLE',
        `The connection is not complete yet (${message}); try the same callback again later`,
        { cause: failure, retryAt },
      )
    case 'config':
      return new CredentialError(
        'PROVIDER_REJECTED',
        `The provider refused the connection (${message}); check how this program is registered there`,
        { cause: failure },
      )
    case 'terminal':
    case 'unknown':
      return new CredentialError(
        'REAUTHORIZATION_REQUIRED',
        `The connection was not made (${message}); its owner must begin again`,
        { cause: failure },
      )
  }
}

/** The use of the flow was audited before; that it came to nothing is audited too. */
export function auditedFailure(
  runtime: Runtime,
  context: BoundContext,
  { record }: FoundFlow,
  error: unknown,
): unknown {
  const code = isCredentialError(error) ? error.code : undefined
  runtime.audit.queue(
    auditEvent(
      runtime,
      context,
      { action: 'flow.resume', outcome: 'failure', code, reason: 'not_completed' },
      record,
    ),
  )
  return error
}
