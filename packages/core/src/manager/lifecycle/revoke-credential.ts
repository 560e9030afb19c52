import { isCredentialError } from '../../errors.ts'
import type { CredentialRecord } from '../../record/credential-record.ts'
import { assertTransition } from '../../record/lifecycle.ts'
import { disposeSecrets } from '../../secret/ephemeral.ts'
import { callProvider } from '../call-provider.ts'
import { changeRecord } from '../record/change-record.ts'
import { openRecord } from '../record/open-record.ts'
import type { SealedState } from '../record/state-sealer.ts'
import { auditEvent, type BoundContext, type Runtime } from '../runtime.ts'

export interface RevokeReport {
  /** Whether the provider was told: `unsupported` where the type or the provider cannot, `failed` where it could not be told. */
  readonly provider: 'revoked' | 'unsupported' | 'failed'
}

/**
 * Ends a credential for good: here at once, at the provider where its type can. Its secret is erased once the
 * provider knows, or cannot know; where it could not be told, calling again tries again.
 *
 * @throws CredentialError CREDENTIAL_NOT_FOUND, ILLEGAL_TRANSITION when its secret is erased already
 */
export async function revokeCredential(
  runtime: Runtime,
  context: BoundContext,
  id: string,
): Promise<RevokeReport> {
  let last: SealedState | undefined
  const revoked = await changeRecord(runtime, context, id, 'credential.revoke', async record => {
    disposeSecrets(last?.state)
    last = await openRecord(runtime, context, record, 'credential.revoke')
    if (record.status !== 'revoked' || last.state === undefined)
      assertTransition(record.status, 'revoked', id)
    const { revoke } = runtime.registry.get(record.type)
    return seal(runtime, record, revoke === undefined ? { ...last, state: undefined } : last)
  })
  try {
    return { provider: await tellProvider(runtime, context, revoked, last) }
  } finally {
    disposeSecrets(last?.state)
  }
}

async function seal(
  runtime: Runtime,
  record: CredentialRecord,
  sealed: SealedState,
): Promise<CredentialRecord> {
  const { intent: _intent, coolOff: _coolOff, rotation: _rotation, ...kept } = record
  const revoked = {
    ...kept,
    status: 'revoked' as const,
    stateVersion: runtime.registry.get(record.type).stateVersion,
    generation: record.generation + 1,
    dueAt: undefined,
  }
  return { ...revoked, state: await runtime.sealer.seal(revoked, sealed) }
}

async function tellProvider(
  runtime: Runtime,
  context: BoundContext,
  revoked: CredentialRecord,
  sealed: SealedState | undefined,
): Promise<RevokeReport['provider']> {
  const { revoke } = runtime.registry.get(revoked.type)
  if (revoke === undefined || sealed?.state === undefined) return 'unsupported'
  try {
    await callProvider(runtime, revoked, runtime.policy.callerWaitMs, 'transient', environment =>
      revoke(sealed.state, environment),
    )
  } catch (error) {
    if (isUnsupported(error)) {
      await erase(runtime, revoked, sealed)
      return 'unsupported'
    }
    runtime.audit.queue(
      auditEvent(
        runtime,
        context,
        { action: 'credential.revoke', outcome: 'failure', reason: 'provider' },
        revoked,
      ),
    )
    return 'failed'
  }
  await erase(runtime, revoked, sealed)
  return 'revoked'
}

function isUnsupported(error: unknown): boolean {
  const reason = error instanceof Error ? error.cause : undefined
  return isCredentialError(reason) && reason.code === 'NOT_SUPPORTED'
}

/** The provider knows, or has no way to know, so nothing needs the secret any more. */
async function erase(runtime: Runtime, revoked: CredentialRecord, sealed: SealedState): Promise<void> {
  const erased = { ...revoked, version: revoked.version + 1, updatedAt: runtime.clock.now() }
  const state = await runtime.sealer.seal(erased, { ...sealed, state: undefined })
  try {
    await runtime.store.replace({ ...erased, state })
  } catch (error) {
    // It is revoked here and there; only its useless secret is still stored.
    if (!isCredentialError(error)) throw error
  }
}
