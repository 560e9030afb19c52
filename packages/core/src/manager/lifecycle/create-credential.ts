import type { AuditAction } from '../../audit/audit-event.ts'
import type { AnyCredential } from '../../credential/credential.ts'
import { assertSameStore } from '../../encryption/same-store.ts'
import { CredentialError, isCredentialError } from '../../errors.ts'
import type { CredentialRecord } from '../../record/credential-record.ts'
import { type CredentialId, newCredentialId } from '../../record/ids.ts'
import { normalizeScope, normalizeShares, type ScopeWithinTenant, type Share } from '../../record/scope.ts'
import { AuditedChange } from '../record/audited-change.ts'
import { mint } from '../record/derive-token.ts'
import { auditEvent, type BoundContext, type Runtime } from '../runtime.ts'
import { dueAt } from '../validity.ts'
import { initializeState } from './initialize-state.ts'

export interface CreateOptions {
  /** For people. Default: the type's name. */
  readonly name?: string | undefined
  /** For finding it again with `list`. Kept in clear: never put secrets or personal data here. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** Who may use it within the tenant. Default: the creating context's workflow, user and tags. */
  readonly scope?: ScopeWithinTenant | undefined
  /** Further workflows and users of the tenant that may use it. Default: none. */
  readonly shares?: readonly Share[] | undefined
}

/**
 * Stores a new credential.
 * @throws CredentialError INPUT_INVALID, PROVIDER_REJECTED, PROVIDER_UNAVAILABLE, STORAGE_UNAVAILABLE; KEY_MISMATCH when
 * the store was emptied since the manager was built
 */
export async function createCredential(
  runtime: Runtime,
  context: BoundContext,
  definition: AnyCredential,
  input: unknown,
  options: CreateOptions = {},
): Promise<CredentialId> {
  const described = { ...describedRecord(context, definition, options), id: newCredentialId(definition.type) }
  const initial = await initializeState(runtime, definition, described, input)
  try {
    const record = await newRecord(runtime, definition, described, initial.state)
    await createAudited(runtime, context, 'credential.create', record)
    return record.id
  } finally {
    initial.dispose()
  }
}

/** What a new record's options say of it. @throws CredentialError INPUT_INVALID */
export function describedRecord(
  context: BoundContext,
  { type }: Pick<AnyCredential, 'type'>,
  options: CreateOptions,
): Pick<CredentialRecord, 'scope' | 'shares' | 'name' | 'labels'> {
  const { actor: _actor, ...own } = context
  return {
    scope: normalizeScope({ ...(options.scope ?? own), tenantId: context.tenantId }),
    shares: normalizeShares(options.shares ?? []),
    name: checkName(options.name ?? type),
    labels: checkLabels(options.labels ?? {}),
  }
}

async function newRecord(
  runtime: Runtime,
  definition: AnyCredential,
  described: Pick<CredentialRecord, 'id' | 'scope' | 'shares' | 'name' | 'labels'>,
  state: unknown,
): Promise<CredentialRecord> {
  const now = runtime.clock.now()
  const { type, stateVersion } = definition
  const token = mint(runtime, { id: described.id, type, generation: 1 }, state)
  const unsealed = {
    ...described,
    type,
    status: 'active' as const,
    stateVersion,
    generation: 1,
    version: 1,
    expiresAt: token.expiresAt,
    dueAt: definition.refresh && dueAt(token, runtime.policy),
    createdAt: now,
    updatedAt: now,
  }
  return { ...unsealed, state: await runtime.sealer.seal(unsealed, { state }) }
}

/** Stores a new record, which the audit tells of. */
export async function createAudited(
  runtime: Runtime,
  context: BoundContext,
  action: AuditAction,
  record: CredentialRecord,
): Promise<void> {
  await assertSameStore(runtime.store, runtime.auditKeys)
  const attempt = new AuditedChange(runtime)
  const event = auditEvent(runtime, context, { action, outcome: 'success' }, record)
  try {
    await attempt.make(event, { method: 'create', record })
  } catch (error) {
    const code = isCredentialError(error) ? error.code : undefined
    attempt.fail({ ...event, outcome: 'failure', code })
    throw error
  }
}

/** @throws CredentialError INPUT_INVALID */
export function checkName(name: string): string {
  if (isText(name, 200) && name.length > 0) return name
  throw new CredentialError('INPUT_INVALID', 'A name must be 1 to 200 characters of well-formed text')
}

/** @throws CredentialError INPUT_INVALID */
export function checkLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [label, value] of Object.entries(labels)) {
    if (isText(label, 100) && label.length > 0 && isText(value, 200)) continue
    throw new CredentialError(
      'INPUT_INVALID',
      'A label has a name of 1 to 100 characters and a value of at most 200, both of well-formed text',
    )
  }
  return { ...labels }
}

// Not every store can hold NUL or lone surrogates as they are.
function isText(text: unknown, maxLength: number): text is string {
  return typeof text === 'string' && text.length <= maxLength && text.isWellFormed() && !text.includes('\0')
}
