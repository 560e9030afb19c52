import { CredentialError } from '../errors.ts'
import { assertTenantId } from './ids.ts'

/** Who may use a credential. The tenant always; a workflow, a user and tags where set. */
export interface Scope {
  readonly tenantId: string
  readonly workflowId?: string | undefined
  readonly userId?: string | undefined
  readonly tags?: readonly string[] | undefined
}

/** The parts of a scope that narrow it within its tenant. */
export type ScopeWithinTenant = Omit<Scope, 'tenantId'>

/** A further workflow or user of the same tenant that may use a credential. */
export type Share = { readonly workflowId: string } | { readonly userId: string }

/** Who is asking: an assertion by the host program, which has authenticated them. */
export interface Context extends Scope {
  /** Named in the audit. Default `unnamed`. */
  readonly actor?: string | undefined
}

/**
 * Whether a context may use a credential: the tenant must match always; workflow, user and each tag must match
 * where the scope sets them. A share stands in for the workflow or the user it names, never for a tag.
 */
export function scopeAllows(scope: Scope, shares: readonly Share[], context: Context): boolean {
  return (
    scope.tenantId === context.tenantId &&
    (scope.workflowId === undefined ||
      scope.workflowId === context.workflowId ||
      shares.some(share => 'workflowId' in share && share.workflowId === context.workflowId)) &&
    (scope.userId === undefined ||
      scope.userId === context.userId ||
      shares.some(share => 'userId' in share && share.userId === context.userId)) &&
    (scope.tags === undefined || scope.tags.every(tag => context.tags?.includes(tag)))
  )
}

/**
 * A copy of a scope with its tags sorted and its unset parts left out.
 * @throws CredentialError INPUT_INVALID
 */
export function normalizeScope(scope: Scope): Scope {
  assertTenantId(scope.tenantId)
  assertName('workflowId', scope.workflowId)
  assertName('userId', scope.userId)
  for (const tag of scope.tags ?? []) assertName('tags', tag)
  return copyScope(scope)
}

/** The same, unchecked: for a scope that is stored, and that one edited record must not keep others from being listed. */
export function copyScope(scope: Scope): Scope {
  return {
    tenantId: scope.tenantId,
    ...(scope.workflowId !== undefined && { workflowId: scope.workflowId }),
    ...(scope.userId !== undefined && { userId: scope.userId }),
    ...(scope.tags?.length && { tags: [...new Set(scope.tags)].sort() }),
  }
}

/**
 * A frozen copy of a context.
 * @throws CredentialError INPUT_INVALID
 */
export function normalizeContext(context: Context): Context & { readonly actor: string } {
  assertName('actor', context.actor)
  return Object.freeze({ ...normalizeScope(context), actor: context.actor ?? 'unnamed' })
}

/** @throws CredentialError INPUT_INVALID */
export function normalizeShares(shares: readonly Share[]): readonly Share[] {
  for (const share of shares) {
    const named = Object.keys(share)
    if (named.length !== 1 || (named[0] !== 'workflowId' && named[0] !== 'userId')) {
      throw new CredentialError('INPUT_INVALID', 'A share names one workflowId or one userId')
    }
    assertName('shares', Object.values(share)[0])
  }
  return shares.map(share => ({ ...share }))
}

function assertName(field: string, value: unknown): void {
  if (value === undefined) return
  const isText = typeof value === 'string' && value.isWellFormed() && !value.includes('\0')
  if (!isText || value.length === 0 || value.length > 200) {
    throw new CredentialError('INPUT_INVALID', `${field} must be 1 to 200 characters of well-formed text`)
  }
}
