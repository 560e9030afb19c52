import type { AuditAppend, AuditSink } from '../audit/audit-sink.ts'
import type { CredentialRecord, RecordMetadata, RecordSummary } from '../record/credential-record.ts'
import type { StoredStatus } from '../record/lifecycle.ts'
import type { DistributedLock } from './distributed-lock.ts'
import type { Invalidation } from './invalidation.ts'
import type { Outbox } from './outbox.ts'

/**
 * Keeps credential records. It is completely untrusted: it sees ciphertext only, and what it returns is
 * authenticated by the manager. Encryption is core's work, never a store's.
 *
 * Every method rejects with a CredentialError: STORAGE_UNAVAILABLE when the backend cannot be reached or refuses,
 * SCHEMA_MISMATCH when it was written by another release, CLOSED after `close()`. A write that rejected with
 * anything but STORAGE_UNAVAILABLE has not happened; after STORAGE_UNAVAILABLE it may have.
 */
export interface StateStore {
  /** Names the backend in errors, without secrets: `sqlite /var/lib/nebula.db`. */
  readonly name: string

  /** The store's header, or undefined where none was written. */
  readHeader(): Promise<StoredHeader | undefined>
  /** Writes the first header at version 1. @throws CredentialError ALREADY_EXISTS */
  createHeader(value: string): Promise<void>
  /** Replaces the header of `expectedVersion`. @throws CredentialError VERSION_CONFLICT */
  replaceHeader(value: string, expectedVersion: number): Promise<void>

  /**
   * Stores a new record.
   * @throws CredentialError ALREADY_EXISTS when the id is taken in its tenant; INPUT_INVALID when its version is not 1
   */
  create(record: CredentialRecord): Promise<void>
  /**
   * The record as last acknowledged by any process, or undefined. At once where the store has it at once, which a cold
   * read of a token notices; then it also throws at once.
   */
  get(tenantId: string, id: string): CredentialRecord | undefined | Promise<CredentialRecord | undefined>
  /**
   * Replaces the record whose stored version is `record.version - 1`.
   * @throws CredentialError VERSION_CONFLICT when it is any other, or when there is no such record
   */
  replace(record: CredentialRecord): Promise<void>
  /**
   * Replaces the metadata of the record of `expectedVersion`, and adds 1 to its version. Fields that are left out are
   * cleared, and nothing but {@link RecordMetadata} is written, also where a whole record is handed over.
   * @throws CredentialError VERSION_CONFLICT when it is any other, or when there is no such record
   */
  updateMetadata(
    key: RecordKey,
    metadata: RecordMetadata,
    expectedVersion: number,
    updatedAt: number,
  ): Promise<void>
  /** Deletes the record of `expectedVersion`. @throws CredentialError VERSION_CONFLICT */
  delete(key: RecordKey, expectedVersion: number): Promise<void>
  /**
   * One page of records, ordered by tenant and id, or by due time, tenant and id where `dueBefore` is given. The
   * cursor is stable: records that exist during the whole walk are listed exactly once, whatever is written
   * meanwhile. With `dueBefore` that holds for records whose `dueAt` does not change during the walk.
   * @throws CredentialError INPUT_INVALID for a limit outside 1 to 1,000, a cursor that no page returned, or labels
   * without a tenant
   */
  list(filter: ListFilter, page: Page): Promise<ListPage>

  /**
   * Makes a change and appends the audit entries that tell of it, in one atomic step, where {@link StateStore.audit}
   * keeps its chains beside the records. Resolves to false, and nothing has happened, when the chain's head is another.
   * @throws CredentialError as the method that makes the change alone
   */
  writeAudited?(change: RecordChange, append: AuditAppend): Promise<boolean>

  /** Closes what the store opened itself. Calling it again does nothing. */
  close(): Promise<void>

  /** A lock on the same backend, where it has one. */
  lock?(): DistributedLock
  /** An outbox that survives what this store does not, where there is one. */
  outbox?(): Outbox
  /** An audit sink on the same backend, where it has one. */
  audit?(): AuditSink
  /** A way to tell other processes of changes, where the backend has one. */
  invalidation?(): Invalidation
}

export interface StoredHeader {
  readonly version: number
  readonly value: string
}

export interface RecordKey {
  readonly tenantId: string
  readonly id: string
}

/** A change of one record, as the arguments of the method of its name. */
export type RecordChange =
  | { readonly method: 'create' | 'replace'; readonly record: CredentialRecord }
  | { readonly method: 'delete'; readonly key: RecordKey; readonly expectedVersion: number }

/** All given parts must hold. Without `tenantId` the list runs over all tenants. */
export interface ListFilter {
  readonly tenantId?: string | undefined
  readonly type?: string | undefined
  readonly status?: StoredStatus | undefined
  /** Only records whose `dueAt` is at or before this instant (epoch ms). */
  readonly dueBefore?: number | undefined
  /** Only records that carry all of these labels. Needs `tenantId`. */
  readonly labels?: Readonly<Record<string, string>> | undefined
}

export interface Page {
  /** At most this many records: 1 to 1,000. */
  readonly limit: number
  /** Where the previous page ended. */
  readonly cursor?: string | undefined
}

export interface ListPage {
  readonly records: readonly RecordSummary[]
  /** Where the next page starts; undefined at the end. */
  readonly cursor?: string | undefined
}
