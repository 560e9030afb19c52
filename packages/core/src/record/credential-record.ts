import type { CoolOff } from './cool-off.ts'
import type { CredentialId } from './ids.ts'
import type { Rotation, StoredStatus } from './lifecycle.ts'
import type { Scope, Share } from './scope.ts'

/**
 * One stored credential, as a {@link StateStore} keeps it. Everything in {@link SealedFields} is authenticated by
 * the seal on `state`; everything in {@link RecordMetadata} is in clear and never decides access.
 */
export interface CredentialRecord extends SealedFields, RecordMetadata {
  /** Starts at 1 and grows by 1 on every write (CAS). */
  readonly version: number
  /** The sealed state: ciphertext that only the manager can open. */
  readonly state: Uint8Array
  /** Epoch ms. */
  readonly createdAt: number
  /** Epoch ms. */
  readonly updatedAt: number
}

/** What the seal on the state authenticates besides the state: changing any of it without the key is detected. */
export interface SealedFields {
  readonly id: CredentialId
  readonly type: string
  readonly scope: Scope
  readonly shares: readonly Share[]
  readonly status: StoredStatus
  /** The version of the state schema that the sealed state was written with. */
  readonly stateVersion: number
  /** Grows by 1 only when the secret state changes. */
  readonly generation: number
}

/** What may be written without sealing the state anew. */
export interface RecordMetadata {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** When the access token expires, in epoch ms. */
  readonly expiresAt?: number | undefined
  /** When the credential is due for a refresh, in epoch ms. */
  readonly dueAt?: number | undefined
  readonly intent?: RefreshIntent | undefined
  readonly coolOff?: CoolOff | undefined
  readonly rotation?: Rotation | undefined
  /** Why a credential is in status `failed`. */
  readonly failure?: Failure | undefined
}

/**
 * The note that a refresh of a rotating grant is under way: the mutual exclusion of the refresh.
 * One that is past `notAfter` on the current generation means that the attempt's outcome is unknown.
 */
export interface RefreshIntent {
  readonly attemptId: string
  readonly generation: number
  /** Where the result would be put if the store refused it: the name of an {@link Outbox}. */
  readonly outbox: string
  /** Epoch ms after which nobody waits for this attempt any more. */
  readonly notAfter: number
  /** Whether an earlier attempt on this generation ended with an unknown outcome. */
  readonly afterUnknown: boolean
}

/** Why a credential failed, for people. Never carries a provider's message. */
export interface Failure {
  readonly cause: 'rejected' | 'rotation_lost'
  /** Epoch ms. */
  readonly at: number
}

/** A record without its sealed state, as lists return it. */
export type RecordSummary = Omit<CredentialRecord, 'state'>

/** The metadata of a record, for a store's `updateMetadata`. */
export function metadataOf(record: RecordMetadata): RecordMetadata {
  const { name, labels, expiresAt, dueAt, intent, coolOff, rotation, failure } = record
  return { name, labels, expiresAt, dueAt, intent, coolOff, rotation, failure }
}
