import type { AnyCredential, CredentialEnvironment } from '../credential/credential.ts'
import { ProviderFailure } from '../credential/provider-failure.ts'
import { isCredentialError } from '../errors.ts'
import type { CredentialRecord } from '../record/credential-record.ts'
import { environmentFor, type Runtime } from './runtime.ts'

/** How one grant is renewed. */
export interface Grant {
  readonly definition: AnyCredential
  readonly rotating: boolean
  readonly peer: string | undefined
}

/** How a state is renewed, or undefined when it cannot be. */
export function grantOf(runtime: Runtime, record: CredentialRecord, state: unknown): Grant | undefined {
  const definition = runtime.registry.get(record.type)
  const { refresh } = definition
  if (refresh === undefined || refresh.supported?.(state) === false) return undefined
  const rotating = typeof refresh.rotating === 'function' ? refresh.rotating(state) : refresh.rotating
  return { definition, rotating, peer: refresh.peer?.(state) }
}

/**
 * Asks the provider for the next state, with the few further tries that one call may make. All of them end at
 * `askUntil`, in epoch ms.
 * @throws ProviderFailure
 */
export async function requestNextState(
  runtime: Runtime,
  record: CredentialRecord,
  grant: Grant,
  state: unknown,
  askUntil: number,
): Promise<unknown> {
  const { clock, policy, breaker } = runtime
  for (let tries = 0; ; tries++) {
    if (grant.peer !== undefined) breaker.started(grant.peer)
    try {
      const limitMs = Math.min(
        askUntil - clock.now(),
        grant.rotating ? policy.rotatingRequestMs : policy.callerWaitMs,
      )
      const next = await callProvider(
        runtime,
        record,
        limitMs,
        grant.rotating ? 'unknown' : 'transient',
        environment => grant.definition.refresh?.perform(state, environment),
      )
      if (grant.peer !== undefined) breaker.reached(grant.peer)
      return next
    } catch (error) {
      const failure = grant.rotating ? (error as ProviderFailure) : repeatable(error as ProviderFailure)
      noteInBreaker(runtime, grant, failure, record.id)
      const again =
        failure.kind === 'transient' && failure.retryAt === undefined && tries < policy.retriesInCall
      if (!again || isBlocked(runtime, grant) || runtime.background.signal.aborted) throw failure
      await clock.sleep(policy.retryPauseMs * 2 ** tries * (0.5 + Math.random()))
      if (clock.now() >= askUntil) throw failure
    }
  }
}

/** A grant that is safe to repeat has no unknown outcome: an answer that was lost is asked for again. */
function repeatable(failure: ProviderFailure): ProviderFailure {
  if (failure.kind !== 'unknown') return failure
  const { message, cause, retryAt, peerDown } = failure
  return new ProviderFailure('transient', message, { cause, retryAt, peerDown })
}

/** When the circuit breaker lets this grant's provider be asked again (epoch ms), or undefined when it does now. */
export function isBlocked(runtime: Runtime, grant: Grant): number | undefined {
  return grant.peer === undefined ? undefined : runtime.breaker.blockedUntil(grant.peer)
}

function noteInBreaker(runtime: Runtime, grant: Grant, failure: ProviderFailure, id: string): void {
  if (grant.peer === undefined) return
  if (failure.peerDown) runtime.breaker.failed(grant.peer, id)
  else runtime.breaker.reached(grant.peer)
}

/**
 * Runs a credential type's own work with a time limit. What it throws comes out as a ProviderFailure;
 * `otherwise` is the kind of what it did not classify itself, and of a missed limit.
 */
export async function callProvider<T>(
  runtime: Runtime,
  record: { readonly id: string; readonly scope: { readonly tenantId: string } },
  limitMs: number,
  otherwise: 'unknown' | 'transient',
  work: (environment: CredentialEnvironment) => T | Promise<T>,
): Promise<T> {
  const limit = new AbortController()
  const done = new AbortController()
  const environment = environmentFor(
    runtime,
    { tenantId: record.scope.tenantId, credentialId: record.id },
    limit.signal,
  )
  const deadline = runtime.clock.sleep(limitMs, done.signal).then(() => {
    const failure = new ProviderFailure(otherwise, `no answer within ${limitMs} ms`, { peerDown: true })
    limit.abort(failure)
    throw failure
  })
  try {
    return (await Promise.race([work(environment), deadline])) as T
  } catch (error) {
    throw asProviderFailure(error, otherwise)
  } finally {
    done.abort()
    deadline.catch(() => {})
  }
}

function asProviderFailure(error: unknown, otherwise: 'unknown' | 'transient'): ProviderFailure {
  if (error instanceof ProviderFailure) return error
  if (isCredentialError(error)) {
    const kind = error.retryable ? 'transient' : 'config'
    return new ProviderFailure(kind, error.message, { cause: error, retryAt: error.retryAt })
  }
  // A foreign error's message may quote a request or a response, so it stays in the cause.
  return new ProviderFailure(otherwise, 'the credential type failed', { cause: error })
}
