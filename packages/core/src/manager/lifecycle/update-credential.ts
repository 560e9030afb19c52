import { CredentialError } from '../../errors.ts'
import type { CredentialRecord } from '../../record/credential-record.ts'
import { assertTransition } from '../../record/lifecycle.ts'
import { normalizeScope, normalizeShares, type ScopeWithinTenant, type Share } from '../../record/scope.ts'
import { Ephemeral } from '../../secret/ephemeral.ts'
import { changeRecord } from '../record/change-record.ts'
import { mint } from '../record/derive-token.ts'
import { loadVisible, openRecord } from '../record/open-record.ts'
import type { BoundContext, Runtime } from '../runtime.ts'
import { dueAt } from '../validity.ts'
import { checkLabels, checkName } from './create-credential.ts'
import { initializeState } from './initialize-state.ts'

export interface UpdateChanges<Given = unknown> {
  /** New secret material: the generation grows, and a failed credential is active again. */
  readonly input?: Given | undefined
  readonly name?: string | undefined
  /** Replaces all labels. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** Replaces the scope within the tenant; the tenant itself never changes. */
  readonly scope?: ScopeWithinTenant | undefined
  /** Replaces all shares. */
  readonly shares?: readonly Share[] | undefined
}

/**
 * Changes a credential and keeps its id.
 * @throws CredentialError CREDENTIAL_NOT_FOUND, INPUT_INVALID, ILLEGAL_TRANSITION for a revoked credential
 */
export async function updateCredential(
  runtime: Runtime,
  context: BoundContext,
  id: string,
  changes: UpdateChanges,
): Promise<void> {
  const described = describedChanges(context, changes)
  if (changes.input === undefined) {
    await changeRecord(runtime, context, id, 'credential.update', record =>
      reseal(runtime, context, record, described),
    )
    return
  }
  const visible = await loadVisible(runtime, context, id, 'credential.update')
  assertTransition(visible.status, 'active', id)
  const initial = await initializeState(runtime, runtime.registry.get(visible.type), visible, changes.input)
  try {
    await changeRecord(runtime, context, id, 'credential.update', record =>
      replaceState(runtime, context, { ...record, ...described }, record, initial.state),
    )
  } finally {
    initial.dispose()
  }
}

type Described = Partial<Pick<CredentialRecord, 'name' | 'labels' | 'scope' | 'shares'>>

function describedChanges(context: BoundContext, changes: UpdateChanges): Described {
  return {
    ...(changes.name !== undefined && { name: checkName(changes.name) }),
    ...(changes.labels !== undefined && { labels: checkLabels(changes.labels) }),
    ...(changes.scope !== undefined && {
      scope: normalizeScope({ ...changes.scope, tenantId: context.tenantId }),
    }),
    ...(changes.shares !== undefined && { shares: normalizeShares(changes.shares) }),
  }
}

/** The record with the same secret, sealed anew because what the seal authenticates changes. */
async function reseal(
  runtime: Runtime,
  context: BoundContext,
  record: CredentialRecord,
  described: Described,
): Promise<CredentialRecord> {
  assertChangeable(record)
  const sealed = await openRecord(runtime, context, record, 'credential.update')
  using _state = new Ephemeral(sealed.state)
  const { stateVersion } = runtime.registry.get(record.type)
  const changed = { ...record, ...described, stateVersion }
  return { ...changed, state: await runtime.sealer.seal(changed, sealed) }
}

async function replaceState(
  runtime: Runtime,
  context: BoundContext,
  described: CredentialRecord,
  record: CredentialRecord,
  state: unknown,
): Promise<CredentialRecord> {
  assertTransition(record.status, 'active', record.id)
  // Opening the old state proves that what the seal authenticates is as it was written.
  const old = await openRecord(runtime, context, record, 'credential.update')
  using _oldState = new Ephemeral(old.state)
  const definition = runtime.registry.get(record.type)
  const generation = record.generation + 1
  const token = mint(runtime, { ...record, generation }, state)
  const { intent: _intent, coolOff: _coolOff, failure: _failure, ...kept } = described
  const changed = {
    ...kept,
    status: 'active' as const,
    stateVersion: definition.stateVersion,
    generation,
    expiresAt: token.expiresAt,
    dueAt: definition.refresh && dueAt(token, runtime.policy),
  }
  return { ...changed, state: await runtime.sealer.seal(changed, { state }) }
}

function assertChangeable(record: CredentialRecord): void {
  if (record.status !== 'revoked') return
  throw new CredentialError(
    'ILLEGAL_TRANSITION',
    `Credential ${record.id} is revoked and cannot be changed`,
    {
      credentialId: record.id,
    },
  )
}
