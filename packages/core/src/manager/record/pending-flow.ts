import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { CredentialRecord } from '../../record/credential-record.ts'
import { type CredentialId, parseCredentialId } from '../../record/ids.ts'
import type { ScopeWithinTenant } from '../../record/scope.ts'

/** A connection that a person has yet to complete, as it is sealed in its record. */
export interface PendingFlow {
  /** SHA-256 of the state, which only the callback brings back. */
  readonly stateDigest: string
  /** SHA-256 of what only the browser that began the flow has. */
  readonly bindingDigest: string
  /** Epoch ms. */
  readonly expiresAt: number
  /** Who began it: the tenant is the record's. */
  readonly context: ScopeWithinTenant
  /** The credential that is connected again; by default the flow's own record becomes the credential. */
  readonly reconnects?: { readonly id: CredentialId; readonly allowDifferentAccount: boolean } | undefined
  /** What the credential type keeps, as JSON. */
  readonly payload: unknown
}

/** The name of a record that holds a flow, or remains of one, and is no connection: nobody can give an empty one. */
export const flowRecordName = ''

/** Whether a record is there for a flow alone. In clear, so it decides what lists show and nothing else. */
export function isFlowRecord(record: Pick<CredentialRecord, 'name'>): boolean {
  return record.name === flowRecordName
}

/** 256 random bits. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** The state of a flow: it names the flow's record, and cannot be guessed. */
export function newState(recordId: string): string {
  return `${recordId}.${newSecret()}`
}

/** The id of the record that a state names, or undefined when it is no state of ours. */
export function recordIdOfState(state: string): CredentialId | undefined {
  const end = state.indexOf('.')
  try {
    return end < 0 ? undefined : parseCredentialId(state.slice(0, end))
  } catch {
    return undefined
  }
}

export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

/** Compares digests in constant time. */
export function sameDigest(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Whether a flow goes on for whom it was begun; the actor may be another. */
export function sameAsker(flow: Pick<PendingFlow, 'context'>, context: ScopeWithinTenant): boolean {
  return JSON.stringify(askerOf(flow.context)) === JSON.stringify(askerOf(context))
}

export function askerOf({ workflowId, userId, tags }: ScopeWithinTenant): ScopeWithinTenant {
  return {
    ...(workflowId !== undefined && { workflowId }),
    ...(userId !== undefined && { userId }),
    ...(tags !== undefined && { tags }),
  }
}
