import type { ProviderFailure } from '../../credential/provider-failure.ts'
import { isCredentialError } from '../../errors.ts'
import type { CoolOff } from '../../record/cool-off.ts'
import { type CredentialRecord, metadataOf, type RefreshIntent } from '../../record/credential-record.ts'
import { disposeSecrets } from '../../secret/ephemeral.ts'
import { announceChange } from '../record/announce-change.ts'
import { openRecord } from '../record/open-record.ts'
import { auditEvent, type BoundContext, type Runtime } from '../runtime.ts'
import { nextCoolOff, refreshError } from './cool-off.ts'
import type { Turn } from './take-turn.ts'

/**
 * Ends a failed attempt: writes its cool-off into the record and throws its error. Resolves to `again` when the
 * record changed meanwhile, so that the failure may have been a race and not a death.
 *
 * @throws CredentialError REAUTHORIZATION_REQUIRED, PROVIDER_REJECTED, PROVIDER_UNAVAILABLE
 */
export async function settleFailure(
  runtime: Runtime,
  context: BoundContext,
  turn: Turn,
  failure: ProviderFailure,
): Promise<'again'> {
  const { id, scope } = turn.record
  let coolOff: CoolOff | undefined
  try {
    for (
      let stored: CredentialRecord | undefined = turn.record;
      ;
      stored = await runtime.store.get(scope.tenantId, id)
    ) {
      if (stored === undefined || stored.generation !== turn.record.generation) return 'again'
      // Our intent was superseded: whoever wrote theirs may have the new grant already.
      if (turn.grant.rotating && stored.intent?.attemptId !== turn.attemptId) return 'again'
      coolOff = nextCoolOff(stored.coolOff, failure, runtime.policy, runtime.clock.now())
      try {
        if (failure.kind === 'terminal') await markFailed(runtime, context, stored, turn, coolOff)
        else await markResting(runtime, stored, turn, failure, coolOff)
        break
      } catch (error) {
        if (!isCredentialError(error, 'VERSION_CONFLICT')) throw error
      }
    }
  } catch (error) {
    if (!isCredentialError(error, 'STORAGE_UNAVAILABLE')) throw error
    // The provider has answered, so nobody needs to wait for this attempt although its intent stands.
    if (failure.kind !== 'unknown') runtime.abandonedAttempts.add(turn.attemptId)
  }
  const error = refreshError(id, failure, coolOff)
  const reason = failure.kind === 'terminal' && turn.afterUnknown ? 'rotation_lost' : failure.kind
  runtime.audit.queue(
    auditEvent(
      runtime,
      context,
      { action: 'credential.refresh', outcome: 'failure', code: error.code, reason },
      turn.record,
    ),
  )
  throw error
}

/** A person must reconnect. The state stays: a failure never deletes a grant. */
async function markFailed(
  runtime: Runtime,
  context: BoundContext,
  stored: CredentialRecord,
  turn: Turn,
  coolOff: CoolOff,
): Promise<void> {
  const sealed = await openRecord(runtime, context, stored, 'credential.refresh')
  try {
    const now = runtime.clock.now()
    const { intent: _ended, ...kept } = stored
    const failed = {
      ...kept,
      status: 'failed' as const,
      failure: { cause: turn.afterUnknown ? ('rotation_lost' as const) : ('rejected' as const), at: now },
      coolOff,
      dueAt: undefined,
      version: stored.version + 1,
      updatedAt: now,
    }
    // The sealed state keeps the version of the schema it is written with.
    const resealed = { ...failed, stateVersion: runtime.registry.get(stored.type).stateVersion }
    await runtime.store.replace({ ...resealed, state: await runtime.sealer.seal(resealed, sealed) })
    await announceChange(runtime, resealed)
  } finally {
    disposeSecrets(sealed.state)
  }
}

async function markResting(
  runtime: Runtime,
  stored: CredentialRecord,
  turn: Turn,
  failure: ProviderFailure,
  coolOff: CoolOff,
): Promise<void> {
  const now = runtime.clock.now()
  const unknown = failure.kind === 'unknown' || turn.afterUnknown
  const intent = unknown ? expiredIntent(stored.intent, now) : undefined
  const metadata = { ...metadataOf(stored), intent, coolOff }
  const key = { tenantId: stored.scope.tenantId, id: stored.id }
  await runtime.store.updateMetadata(key, metadata, stored.version, now)
}

/** An intent that nobody waits for, but that says that the outcome is unknown. */
function expiredIntent(intent: RefreshIntent | undefined, now: number): RefreshIntent | undefined {
  return intent && { ...intent, notAfter: now, afterUnknown: true }
}
