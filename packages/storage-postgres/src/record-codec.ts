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
import type { Row } from './statement.ts'

/** The columns of a summary, in the order in which {@link decodeSummary} reads them. */
export const summaryColumns = [
  ...['tenant_id', 'id', 'version', 'type', 'workflow_id', 'user_id', 'tags', 'shares', 'status'],
  ...['state_version', 'generation', 'name', 'labels', 'expires_at', 'due_at', 'details'],
  ...['created_at', 'updated_at'],
] as const

/** A record as the values of {@link summaryColumns} and its state. */
export function encodeRecord(record: CredentialRecord): unknown[] {
  const { scope } = record
  return [
    ...[scope.tenantId, record.id, record.version, record.type],
    ...[
      scope.workflowId ?? null,
      scope.userId ?? null,
      scope.tags === undefined ? null : JSON.stringify(scope.tags),
    ],
    ...[jsonUnlessEmpty(record.shares), record.status, record.stateVersion, record.generation],
    ...encodeMetadata(record),
    ...[record.createdAt, record.updatedAt, record.state],
  ]
}

/** Metadata as the values of name, labels, expires_at, due_at and details. */
export function encodeMetadata(metadata: RecordMetadata): unknown[] {
  const { name, labels, expiresAt, dueAt, intent, coolOff, rotation, failure } = metadata
  const details = withoutUndefined({ intent, coolOff, rotation, failure })
  return [name, jsonUnlessEmpty(labels), expiresAt ?? null, dueAt ?? null, jsonUnlessEmpty(details)]
}

/** @throws CredentialError DECRYPTION_FAILED when its version was edited, so that no compare-and-set could ever match */
export function decodeRecord(row: Row): CredentialRecord {
  const summary = decodeSummary(row)
  if (!Number.isSafeInteger(summary.version)) throw damaged(summary.id)
  return { ...summary, state: Buffer.from(row[18] as string, 'base64') }
}

/**
 * Parts that somebody edited into what they never are count as not set, so that a list can still be read. What
 * decides access among them is under the seal, which then does not open.
 */
export function decodeSummary(row: Row): RecordSummary {
  const details = (row[15] as Details | null) ?? noDetails
  return {
    id: row[1] as CredentialId,
    version: row[2] as number,
    type: row[3] as string,
    scope: {
      tenantId: row[0] as string,
      workflowId: orUndefined<string>(row[4]),
      userId: orUndefined<string>(row[5]),
      tags: storedTags(row[6]),
    },
    shares: storedShares(row[7]),
    status: row[8] as StoredStatus,
    stateVersion: row[9] as number,
    generation: row[10] as number,
    name: row[11] as string,
    labels: orUndefined<RecordSummary['labels']>(row[12]) ?? {},
    expiresAt: orUndefined<number>(row[13]),
    dueAt: orUndefined<number>(row[14]),
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

function orUndefined<T>(value: unknown): T | undefined {
  return value === null ? undefined : (value as T)
}

function damaged(credentialId: string): CredentialError {
  return new CredentialError(
    'DECRYPTION_FAILED',
    `The row of credential ${credentialId} was edited. Restore it from a backup`,
    { credentialId },
  )
}

function withoutUndefined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

// Most records have none of these; NULL costs neither a byte nor a parse.
function jsonUnlessEmpty(value: object): string | null {
  return Object.keys(value).length === 0 ? null : JSON.stringify(value)
}
