import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'
import {
  CredentialError,
  type CredentialId,
  type CredentialRecord,
  type RecordMetadata,
  type RecordSummary,
  type StoredStatus,
  storedShares,
  storedTags,
} from '@nebula-credential/core'

/** The columns of a summary, in the order in which {@link decodeSummary} reads them. */
export const summaryColumns =
  'tenant_id, id, version, type, workflow_id, user_id, tags, shares, status, state_version, generation, name, labels, expires_at, due_at, details, created_at, updated_at'

/** The columns of a record, in the order in which {@link decodeRecord} reads them. */
export const recordColumns = `${summaryColumns}, state`

/** A row as the driver returns it in array mode. */
export type Row = readonly SQLOutputValue[]

/** A record as the values of {@link recordColumns}. */
export function encodeRecord(record: CredentialRecord): SQLInputValue[] {
  const { scope } = record
  const [name, labels, expiresAt, dueAt, details] = encodeMetadata(record)
  return [
    ...[scope.tenantId, record.id, record.version, record.type],
    ...[
      scope.workflowId ?? null,
      scope.userId ?? null,
      scope.tags === undefined ? null : JSON.stringify(scope.tags),
    ],
    ...[jsonUnlessEmpty(record.shares), record.status, record.stateVersion, record.generation],
    ...[name, labels, expiresAt, dueAt, details],
    ...[record.createdAt, record.updatedAt, record.state],
  ]
}

/** Metadata as the values of name, labels, expires_at, due_at and details. */
export function encodeMetadata(
  metadata: RecordMetadata,
): [SQLInputValue, SQLInputValue, SQLInputValue, SQLInputValue, SQLInputValue] {
  const { name, labels, expiresAt, dueAt, intent, coolOff, rotation, failure } = metadata
  return [
    name,
    jsonUnlessEmpty(labels),
    expiresAt ?? null,
    dueAt ?? null,
    jsonUnlessEmpty(withoutUndefined({ intent, coolOff, rotation, failure })),
  ]
}

/** @throws CredentialError DECRYPTION_FAILED when the row was damaged */
export function decodeRecord(row: Row): CredentialRecord {
  const record = decodeSummary(row) as RecordSummary & { state?: Uint8Array }
  record.state = row[18] as Uint8Array
  return record as CredentialRecord
}

/**
 * Parts that somebody edited into what they never are count as not set, so that a list can still be read. What
 * decides access among them is under the seal, which then does not open.
 * @throws CredentialError DECRYPTION_FAILED when the row was damaged
 */
export function decodeSummary(row: Row): RecordSummary {
  const id = row[1] as CredentialId
  const details = (parseColumn(row[15], id) ?? noDetails) as Details
  return {
    id,
    version: row[2] as number,
    type: row[3] as string,
    scope: {
      tenantId: row[0] as string,
      workflowId: (row[4] as string | null) ?? undefined,
      userId: (row[5] as string | null) ?? undefined,
      tags: storedTags(parseColumn(row[6], id)),
    },
    shares: storedShares(parseColumn(row[7], id)),
    status: row[8] as StoredStatus,
    stateVersion: row[9] as number,
    generation: row[10] as number,
    name: row[11] as string,
    labels: (parseColumn(row[12], id) ?? {}) as RecordSummary['labels'],
    expiresAt: (row[13] as number | null) ?? undefined,
    dueAt: (row[14] as number | null) ?? undefined,
    intent: details.intent ?? undefined,
    coolOff: details.coolOff ?? undefined,
    rotation: details.rotation ?? undefined,
    failure: details.failure ?? undefined,
    createdAt: row[16] as number,
    updatedAt: row[17] as number,
  }
}

type Details = Pick<RecordMetadata, 'intent' | 'coolOff' | 'rotation' | 'failure'>

const noDetails: Details = {}

function parseColumn(value: SQLOutputValue | undefined, id: string): unknown {
  if (value === null) return undefined
  try {
    return JSON.parse(value as string)
  } catch (cause) {
    throw new CredentialError(
      'DECRYPTION_FAILED',
      `The row of credential ${id} was damaged. Restore the SQLite file from a backup`,
      { credentialId: id, cause },
    )
  }
}

function withoutUndefined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

// Most records have none of these; NULL costs neither a byte nor a parse.
function jsonUnlessEmpty(value: object): string | null {
  return Object.keys(value).length === 0 ? null : JSON.stringify(value)
}
