import { CredentialError, isCredentialError } from '../../errors.ts'
import { type CredentialRecord, metadataOf, type RefreshIntent } from '../../record/credential-record.ts'
import { randomText } from '../../record/ids.ts'
import { disposeSecrets } from '../../secret/ephemeral.ts'
import { type Grant, grantOf, isBlocked } from '../call-provider.ts'
import { isUsable, mint } from '../record/derive-token.ts'
import type { SealedState } from '../record/state-sealer.ts'
import type { BoundContext, Derived, Runtime } from '../runtime.ts'
import { adoptFromOutbox } from './adopt-from-outbox.ts'

/**
 * Why a refresh is made. `needed`: no valid token. `forced`: whatever the token's validity, and although the
 * credential rests. `behind`: nobody waits, so it gives way to whoever else refreshes.
 */
export type RefreshMode = 'needed' | 'forced' | 'behind'

/** The right to ask the provider, and what to ask with. */
export interface Turn {
  readonly record: CredentialRecord
  readonly sealed: SealedState
  readonly grant: Grant
  readonly attemptId: string
  /** Epoch ms after which the provider may not be asked: others then take the attempt for a dead one. */
  readonly askUntil: number
  /** Whether an earlier attempt on this generation may have succeeded. */
  readonly afterUnknown: boolean
}

/**
 * Takes the turn to refresh: for rotating grants by writing the intent, which is the mutual exclusion and proves
 * that the store can be written. Disposes of the state unless a turn is returned.
 */
export async function takeTurn(
  runtime: Runtime,
  context: BoundContext,
  record: CredentialRecord,
  sealed: SealedState,
  mode: RefreshMode,
  lockHeldByOther: boolean,
): Promise<Turn | Derived | 'again' | 'give way'> {
  let keep = false
  try {
    const grant = assertGrant(grantOf(runtime, record, sealed.state), record)
    assertPeerAvailable(runtime, grant, record)
    const attemptId = randomText()
    if (!grant.rotating) {
      keep = true
      return { record, sealed, grant, attemptId, askUntil: Number.POSITIVE_INFINITY, afterUnknown: false }
    }
    // A lock that is renewed all along means that its holder lives and is at it.
    if (lockHeldByOther) throw contended(record)
    const standing = await settleStandingIntent(runtime, context, record, sealed, mode)
    if (standing !== 'free' && standing !== 'unknown') return standing
    // As the intent proves that the store can be written, this proves that a key is there to seal what is granted.
    await runtime.sealer.seal(record, sealed)
    const marked = await writeIntent(runtime, record, attemptId, standing === 'unknown')
    if (marked === undefined) return 'again'
    keep = true
    const askUntil = marked.updatedAt + runtime.policy.rotatingRequestMs
    return { record: marked, sealed, grant, attemptId, askUntil, afterUnknown: standing === 'unknown' }
  } finally {
    if (!keep) disposeSecrets(sealed.state)
  }
}

function assertGrant(grant: Grant | undefined, record: CredentialRecord): Grant {
  if (grant !== undefined) return grant
  throw new CredentialError(
    'REAUTHORIZATION_REQUIRED',
    `Credential ${record.id} needs a new token and cannot be refreshed; its owner must connect it again`,
    { credentialId: record.id },
  )
}

/** @throws CredentialError PROVIDER_UNAVAILABLE while the circuit breaker is open; nothing is recorded of it */
function assertPeerAvailable(runtime: Runtime, grant: Grant, record: CredentialRecord): void {
  const retryAt = isBlocked(runtime, grant)
  if (retryAt === undefined) return
  throw new CredentialError(
    'PROVIDER_UNAVAILABLE',
    `The provider of credential ${record.id} is down; try again later`,
    {
      credentialId: record.id,
      retryAt,
    },
  )
}

function contended(record: CredentialRecord): CredentialError {
  return new CredentialError(
    'LOCK_TIMEOUT',
    `Credential ${record.id} is being refreshed by another process; try again`,
    {
      credentialId: record.id,
    },
  )
}

/**
 * Deals with the intent that stands in a record. An unexpired one of somebody else is waited for; an expired one
 * means that its outcome is unknown: what it left in the outbox is adopted, and a token that is still valid served.
 */
async function settleStandingIntent(
  runtime: Runtime,
  context: BoundContext,
  record: CredentialRecord,
  sealed: SealedState,
  mode: RefreshMode,
): Promise<'free' | 'unknown' | 'again' | 'give way' | Derived> {
  const { intent } = record
  if (intent === undefined || intent.generation !== record.generation) return 'free'
  if (runtime.abandonedAttempts.has(intent.attemptId)) return intent.afterUnknown ? 'unknown' : 'free'

  const adopted = await adoptedFrom(runtime, context, record, intent)
  if (adopted !== undefined) return adopted
  const now = runtime.clock.now()
  if (now < intent.notAfter) {
    if (mode === 'behind') return 'give way'
    const pauseMs = runtime.policy.intentPollMs * (0.5 + Math.random())
    await runtime.clock.sleep(Math.max(1, Math.min(pauseMs, intent.notAfter - now)))
    return 'again'
  }
  const current = { record, token: mint(runtime, record, sealed.state) }
  return mode !== 'forced' && isUsable(runtime, current) ? current : 'unknown'
}

/** What the attempt of an intent left in the outbox. An outbox that is away is no reason not to wait for the attempt. */
async function adoptedFrom(
  runtime: Runtime,
  context: BoundContext,
  record: CredentialRecord,
  intent: RefreshIntent,
): Promise<Derived | undefined> {
  if (intent.outbox !== runtime.outbox.name) return undefined
  try {
    return await adoptFromOutbox(runtime, context, record)
  } catch (error) {
    if (isCredentialError(error, 'STORAGE_UNAVAILABLE') && runtime.clock.now() < intent.notAfter)
      return undefined
    throw error
  }
}

/** The record with our intent in it, or undefined when somebody else wrote first. */
async function writeIntent(
  runtime: Runtime,
  record: CredentialRecord,
  attemptId: string,
  afterUnknown: boolean,
): Promise<CredentialRecord | undefined> {
  const { policy, clock } = runtime
  const updatedAt = clock.now()
  const intent: RefreshIntent = {
    attemptId,
    generation: record.generation,
    outbox: runtime.outbox.name,
    notAfter: updatedAt + policy.rotatingRequestMs + policy.intentMarginMs,
    afterUnknown,
  }
  const marked = { ...record, intent, version: record.version + 1, updatedAt }
  try {
    await runtime.store.updateMetadata(
      { tenantId: record.scope.tenantId, id: record.id },
      metadataOf(marked),
      record.version,
      updatedAt,
    )
    return marked
  } catch (error) {
    if (isCredentialError(error, 'VERSION_CONFLICT')) return undefined
    // The write may have happened all the same; nobody must wait for an attempt that never was.
    runtime.abandonedAttempts.add(attemptId)
    throw error
  }
}
