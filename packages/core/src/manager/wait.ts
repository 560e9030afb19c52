import { CredentialError } from '../errors.ts'
import type { Runtime } from './runtime.ts'

/**
 * A flight's result, as long as one caller waits for it: until its signal aborts or `callerWaitMs` have passed. The
 * flight itself goes on for everybody else.
 *
 * @throws CredentialError PROVIDER_UNAVAILABLE when the wait is over
 */
export async function withinCallerWait<T>(
  runtime: Runtime,
  flight: Promise<T>,
  credentialId: string,
  signal?: AbortSignal,
): Promise<T> {
  const done = new AbortController()
  const waiting = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal])
  const { callerWaitMs } = runtime.policy
  const patience = runtime.clock.sleep(callerWaitMs, waiting).then(() => {
    throw new CredentialError(
      'PROVIDER_UNAVAILABLE',
      `Credential ${credentialId} was not refreshed within ${callerWaitMs} ms; its refresh goes on, so try again`,
      { credentialId, retryAt: runtime.clock.now() + runtime.policy.coolOffMs },
    )
  })
  try {
    return await Promise.race([flight, patience])
  } finally {
    done.abort()
    patience.catch(() => {})
  }
}

/** A flight's result, unless the signal aborts first: that ends this caller's wait, and not the flight. */
export async function unlessAborted<T>(flight: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await flight
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort)
  try {
    return await Promise.race([flight, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
