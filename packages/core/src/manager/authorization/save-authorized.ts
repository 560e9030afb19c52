import type { Authorized } from '../../credential/credential.ts'
import { CredentialError, isCredentialError } from '../../errors.ts'
import type { CredentialRecord } from '../../record/credential-record.ts'
import type { CredentialId } from '../../record/ids.ts'
import { assertTransition } from '../../record/lifecycle.ts'
import { Ephemeral } from '../../secret/ephemeral.ts'
import { callProvider } from '../call-provider.ts'
import { announceChange } from '../record/announce-change.ts'
import { mint } from '../record/derive-token.ts'
import { checkVisible, openRecord } from '../record/open-record.ts'
import { isFlowRecord, sameDigest } from '../record/pending-flow.ts'
import type { SealedState } from '../record/state-sealer.ts'
import { auditEvent, type BoundContext, type Runtime } from '../runtime.ts'
import { dueAt } from '../validity.ts'
import type { FoundFlow } from './find-flow.ts'

/**
 * Saves what a person's consent has yielded: in the flow's own record, or in the credential that was connected again.
 * Tries on while the store refuses, for as long as a caller waits.
 *
 * @throws CredentialError ACCOUNT_MISMATCH; CREDENTIAL_NOT_FOUND or ILLEGAL_TRANSITION when the credential was deleted
 * or revoked meanwhile; STORAGE_UNAVAILABLE: then what was granted is lost
 */
export async function saveAuthorized(
  runtime: Runtime,
  context: BoundContext,
  found: FoundFlow,
  authorized: Authorized<unknown>,
): Promise<CredentialId> {
  const id = found.flow.reconnects?.id ?? found.record.id
  const { clock, policy } = runtime
  const giveUpAt = clock.now() + policy.callerWaitMs
  for (let pauseMs = policy.retryPauseMs; ; pauseMs *= 2) {
    try {
      const saved = await write(runtime, context, id, found, authorized)
      const action = found.flow.reconnects === undefined ? 'credential.create' : 'credential.update'
      runtime.audit.queue(auditEvent(runtime, context, { action, outcome: 'success' }, saved))
      return id
    } catch (error) {
      const again = isCredentialError(error, 'STORAGE_UNAVAILABLE') && clock.now() + pauseMs < giveUpAt
      if (!again && !isCredentialError(error, 'VERSION_CONFLICT')) {
        await giveBack(runtime, found, authorized, error)
        throw error
      }
      if (again) await clock.sleep(pauseMs)
    }
  }
}

/**
 * Tells the provider that nothing will use the grant. Another account's grant is only forgotten: at many providers a
 * revocation would end every connection that the account has with this client.
 */
async function giveBack(
  runtime: Runtime,
  { record }: FoundFlow,
  { state }: Authorized<unknown>,
  error: unknown,
): Promise<void> {
  const { revoke } = runtime.registry.get(record.type)
  if (revoke === undefined || isCredentialError(error, 'ACCOUNT_MISMATCH')) return
  await callProvider(runtime, record, runtime.policy.callerWaitMs, 'transient', environment =>
    revoke(state, environment),
  ).catch(() => {})
}

async function write(
  runtime: Runtime,
  context: BoundContext,
  id: CredentialId,
  found: FoundFlow,
  authorized: Authorized<unknown>,
): Promise<CredentialRecord> {
  const stored = await runtime.store.get(context.tenantId, id)
  const record = checkVisibleAgain(runtime, context, id, found, stored)
  const sealed = await openRecord(runtime, context, record, 'flow.resume')
  using _old = new Ephemeral(sealed.state)
  if (found.flow.reconnects === undefined) {
    // Written already by a try whose answer was lost.
    if (record.status === 'active' && isOf(found, sealed)) return record
    if (!isOf(found, sealed)) throw supplantedError(id)
  } else assertSameAccount(found, sealed, authorized, id)
  assertTransition(record.status, 'active', id)
  const next = await activeRecord(runtime, named(record, found), {
    state: authorized.state,
    account: authorized.account ?? sealed.account,
    usedFlow: found.flow.stateDigest,
  })
  await runtime.store.replace(next)
  await announceChange(runtime, next)
  return next
}

/** A credential may be made for a narrower scope than its maker's; a reconnected one must still be in the asker's. */
function checkVisibleAgain(
  runtime: Runtime,
  context: BoundContext,
  id: CredentialId,
  { flow }: FoundFlow,
  stored: CredentialRecord | undefined,
): CredentialRecord {
  if (flow.reconnects === undefined && stored !== undefined) return stored
  return checkVisible(runtime, context, id, 'flow.resume', stored)
}

const isOf = ({ flow }: FoundFlow, { flow: pending, usedFlow }: SealedState) =>
  sameDigest(pending?.stateDigest ?? usedFlow ?? '', flow.stateDigest)

// Whoever lost the race for the provider's answer may have ended the flow, and its record's name with it.
const named = (record: CredentialRecord, { record: { name, labels } }: FoundFlow): CredentialRecord =>
  isFlowRecord(record) ? { ...record, name, labels } : record

const supplantedError = (id: CredentialId) =>
  new CredentialError('ILLEGAL_TRANSITION', `Credential ${id} was given another secret meanwhile`, {
    credentialId: id,
  })

function assertSameAccount(
  { flow }: FoundFlow,
  { account: before }: SealedState,
  { account: now }: Authorized<unknown>,
  id: CredentialId,
): void {
  const differs = before !== undefined && before.id !== now?.id
  if (!differs || flow.reconnects?.allowDifferentAccount === true) return
  throw new CredentialError(
    'ACCOUNT_MISMATCH',
    `The account that was connected is not, as far as can be told, the one that credential ${id} is for; sign in with that one, or allow another by allowDifferentAccount`,
    { credentialId: id },
  )
}

async function activeRecord(
  runtime: Runtime,
  record: CredentialRecord,
  sealed: SealedState,
): Promise<CredentialRecord> {
  const definition = runtime.registry.get(record.type)
  const generation = record.generation + 1
  const token = mint(runtime, { ...record, generation }, sealed.state)
  const { intent: _intent, coolOff: _coolOff, failure: _failure, ...kept } = record
  const active = {
    ...kept,
    status: 'active' as const,
    stateVersion: definition.stateVersion,
    generation,
    version: record.version + 1,
    expiresAt: token.expiresAt,
    dueAt: definition.refresh && dueAt(token, runtime.policy),
    updatedAt: runtime.clock.now(),
  }
  return { ...active, state: await runtime.sealer.seal(active, sealed) }
}
