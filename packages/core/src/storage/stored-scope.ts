import type { Share } from '../record/scope.ts'

/**
 * The tags that a store read, parsed: undefined where somebody edited them into what tags never are.
 * The seal on the record shows the edit when it is opened; until then the record can be listed and deleted.
 */
export function storedTags(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every(tag => typeof tag === 'string') ? value : undefined
}

/** The same for shares: none where they are not what shares are. */
export function storedShares(value: unknown): readonly Share[] {
  return Array.isArray(value) && value.every(isShare) ? value : []
}

function isShare(value: unknown): value is Share {
  const { workflowId, userId } = (value ?? {}) as { workflowId?: unknown; userId?: unknown }
  return typeof (workflowId ?? userId) === 'string'
}
