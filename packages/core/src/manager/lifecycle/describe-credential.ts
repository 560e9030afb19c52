import type { Account, Permissions } from '../../credential/credential.ts'
import type { RecordSummary } from '../../record/credential-record.ts'
import type { CredentialId } from '../../record/ids.ts'
import { type LifecycleState, lifecycle } from '../../record/lifecycle.ts'
import { copyScope, type Scope, type Share } from '../../record/scope.ts'
import { Ephemeral } from '../../secret/ephemeral.ts'
import { loadVisible, openRecord } from '../record/open-record.ts'
import type { BoundContext, Runtime } from '../runtime.ts'
import { countOperation } from '../token/keep-token.ts'

/** What can be said of a credential without its secrets. Instants are epoch ms. */
export interface CredentialSummary {
  readonly id: CredentialId
  readonly type: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly scope: Scope
  readonly shares: readonly Share[]
  readonly lifecycle: LifecycleState
  readonly version: number
  readonly generation: number
  readonly expiresAt?: number | undefined
  readonly dueAt?: number | undefined
  /** Why and until when it rests after failed refreshes. */
  readonly coolOff?: RecordSummary['coolOff']
  /** Why it failed. */
  readonly failure?: RecordSummary['failure']
  readonly createdAt: number
  readonly updatedAt: number
}

export interface CredentialDescription extends CredentialSummary {
  /** Whose account it is, once it was verified or connected. */
  readonly account?: Account | undefined
  /** What was asked for and granted, where its state tells. */
  readonly permissions?: Permissions | undefined
  /** What its type can do. */
  readonly can: { readonly refresh: boolean; readonly verify: boolean; readonly revokeAtProvider: boolean }
}

/** @throws CredentialError CREDENTIAL_NOT_FOUND, DECRYPTION_FAILED */
export async function describeCredential(
  runtime: Runtime,
  context: BoundContext,
  id: string,
): Promise<CredentialDescription> {
  const record = await loadVisible(runtime, context, id, 'credential.describe')
  const sealed = await openRecord(runtime, context, record, 'credential.describe')
  using _state = new Ephemeral(sealed.state)
  countOperation(runtime, context, 'credential.describe', record)
  const definition = runtime.registry.get(record.type)
  const permissions = sealed.state === undefined ? undefined : definition.permissions?.(sealed.state)
  return {
    ...summarize(record, runtime.clock.now()),
    ...(sealed.account && { account: sealed.account }),
    ...(permissions && { permissions }),
    can: {
      refresh: definition.refresh !== undefined,
      verify: definition.verify !== undefined,
      revokeAtProvider: definition.revoke !== undefined,
    },
  }
}

export function summarize(record: RecordSummary, now: number): CredentialSummary {
  const { id, type, name, labels, scope, shares, version, generation, createdAt, updatedAt } = record
  return {
    id,
    type,
    name,
    labels,
    scope: copyScope(scope),
    shares,
    lifecycle: lifecycle(record, now),
    version,
    generation,
    ...(record.expiresAt !== undefined && { expiresAt: record.expiresAt }),
    ...(record.dueAt !== undefined && { dueAt: record.dueAt }),
    ...(record.coolOff && { coolOff: record.coolOff }),
    ...(record.failure && { failure: record.failure }),
    createdAt,
    updatedAt,
  }
}
