import type { AccessToken } from '../../credential/token-kind.ts'
import { CredentialError } from '../../errors.ts'
import type { CredentialRecord } from '../../record/credential-record.ts'
import { deriveToken } from '../record/derive-token.ts'
import { assertUsable, loadVisible } from '../record/open-record.ts'
import { refresh } from '../refresh/refresh.ts'
import { type BoundContext, keyOf, type Runtime } from '../runtime.ts'
import { withinCallerWait } from '../wait.ts'
import { keepToken } from './keep-token.ts'

/** How long to wait before a token that its service does not know yet is tried again. */
const lagPauseMs = 1_000

/**
 * The token to use after a service refused `token`: the newer one where there is one, the same one when it was
 * obtained so lately that the service may not know it yet, else a refreshed one. However many late refusals of one
 * token arrive, it is replaced once.
 *
 * @throws CredentialError REAUTHORIZATION_REQUIRED when the credential cannot be refreshed
 */
export async function reportRejected(
  runtime: Runtime,
  context: BoundContext,
  id: string,
  token: AccessToken,
): Promise<AccessToken> {
  const { clock, policy } = runtime
  const record = await loadVisible(runtime, context, id, 'credential.refresh')
  assertUsable(record)
  const current = await deriveToken(runtime, context, record)
  if (record.generation > token.generation) {
    keepToken(runtime, context, current)
    return current.token
  }
  const age = clock.now() - (current.token.obtainedAt ?? 0)
  if (age >= 0 && age < policy.replicationLagMs) {
    await clock.sleep(Math.min(lagPauseMs, policy.replicationLagMs - age))
    return current.token
  }
  runtime.hot.invalidate(id, record.version + 1)
  await runtime.cache?.invalidate(keyOf(record), record.version + 1, policy.l2TtlMs).catch(() => {})
  return replaceToken(runtime, context, record)
}

/**
 * A token newer than the stored one, whatever that one's validity and although the credential rests.
 * @throws CredentialError NOT_SUPPORTED for a type without refresh; REAUTHORIZATION_REQUIRED, PROVIDER_REJECTED,
 * PROVIDER_UNAVAILABLE
 */
export async function forceRefresh(
  runtime: Runtime,
  context: BoundContext,
  id: string,
  signal?: AbortSignal,
): Promise<AccessToken> {
  const record = await loadVisible(runtime, context, id, 'credential.refresh')
  assertUsable(record)
  if (runtime.registry.get(record.type).refresh === undefined) {
    throw new CredentialError(
      'NOT_SUPPORTED',
      `Credential ${id} is of type ${record.type}, which has nothing to refresh; use its token, or give it new input`,
      { credentialId: id },
    )
  }
  return replaceToken(runtime, context, record, signal)
}

async function replaceToken(
  runtime: Runtime,
  context: BoundContext,
  record: CredentialRecord,
  signal?: AbortSignal,
): Promise<AccessToken> {
  const flight = refresh(runtime, context, record, 'forced')
  const fresh = await withinCallerWait(runtime, flight, record.id, signal)
  // Only a refresh behind gives way to others.
  if (fresh === undefined) throw new Error('A forced refresh gave way')
  keepToken(runtime, context, fresh)
  return fresh.token
}
