import {
  CredentialError,
  type CredentialId,
  type CredentialRecord,
  type RecordKey,
  type RecordMetadata,
  type RecordSummary,
  storedShares,
  storedTags,
} from '@nebula-credential/core'
import { labelDigest } from './keyspace.ts'

/** Names how a record is laid out in its hash. */
export const recordFormat = '1'

/** The fields of a record's hash that make up the record, in the order in which {@link decodeRecord} takes them. */
export const recordFields = ['format', 'version', 'sealed', 'metadata', 'state'] as const

/** Everything that the seal authenticates, and the instant of creation, as JSON. */
export function encodeSealed(record: CredentialRecord): string {
  const { id, type, scope, shares, status, stateVersion, generation, createdAt } = record
  return JSON.stringify({ id, type, scope, shares, status, stateVersion, generation, createdAt })
}

/** The metadata and the instant they were written at, as JSON. */
export function encodeMetadata(metadata: RecordMetadata, updatedAt: number): string {
  const { name, labels, expiresAt, dueAt, intent, coolOff, rotation, failure } = metadata
  return JSON.stringify({ name, labels, expiresAt, dueAt, intent, coolOff, rotation, failure, updatedAt })
}

/** The due time as a score, or '' where there is none. */
export function encodeDue({ dueAt }: Pick<RecordMetadata, 'dueAt'>): string {
  return dueAt === undefined ? '' : String(dueAt)
}

/** The digests of a record's labels, separated by spaces. */
export function encodeLabels(tenantId: string, { labels }: Pick<RecordMetadata, 'labels'>): string {
  return Object.entries(labels)
    .map(([name, value]) => labelDigest(tenantId, name, value))
    .join(' ')
}

type Field = Buffer | null | undefined

/**
 * The record of a hash's {@link recordFields}, or undefined where there is no hash.
 * @throws CredentialError SCHEMA_MISMATCH when another release or another program wrote it; DECRYPTION_FAILED when its
 * version was edited, so that no compare-and-set could ever match
 */
export function decodeRecord(fields: readonly Field[], key: RecordKey): CredentialRecord | undefined {
  if (fields.every(field => field === null)) return undefined
  const [, , , , state] = fields
  const summary = decodeSummary(fields, key)
  if (!state) throw unknownFormat(key.id)
  if (!Number.isSafeInteger(summary.version)) throw editedRecord(key.id)
  // A copy: the driver's buffer is a view of a larger one that it shares.
  return { ...summary, state: new Uint8Array(state) }
}

/**
 * As {@link decodeRecord}, without the state. Parts that somebody edited into what they never are count as not set, so
 * that a list can still be read. What decides access among them is under the seal, which then does not open.
 */
export function decodeSummary(
  [format, version, sealed, metadata]: readonly Field[],
  key: RecordKey,
): RecordSummary {
  if (format?.toString() !== recordFormat || !version || !sealed || !metadata) throw unknownFormat(key.id)
  const bound = parse(sealed, key.id)
  const { intent, coolOff, rotation, failure, ...clear } = parse(metadata, key.id)
  const { workflowId, userId, tags } = bound.scope ?? noScope
  return {
    ...(bound as RecordSummary),
    ...clear,
    id: key.id as CredentialId,
    scope: { tenantId: key.tenantId, workflowId, userId, tags: storedTags(tags) },
    shares: storedShares(bound.shares),
    labels: clear.labels ?? {},
    intent: intent ?? undefined,
    coolOff: coolOff ?? undefined,
    rotation: rotation ?? undefined,
    failure: failure ?? undefined,
    version: Number(version.toString()),
  }
}

const noScope: Partial<RecordSummary['scope']> = {}

/** The error for a record that this release cannot read. */
export function unknownFormat(id: string): CredentialError {
  return new CredentialError(
    'SCHEMA_MISMATCH',
    `Credential ${id} was not written by this release of @nebula-credential/storage-redis; upgrade it`,
    { credentialId: id },
  )
}

function editedRecord(credentialId: string): CredentialError {
  return new CredentialError(
    'DECRYPTION_FAILED',
    `Credential ${credentialId} was edited in Redis. Restore it from a backup`,
    { credentialId },
  )
}

function parse(json: Buffer, id: string): Partial<RecordSummary> {
  try {
    const parsed: unknown = JSON.parse(json.toString())
    if (typeof parsed === 'object' && parsed !== null) return parsed
  } catch {
    // The error would quote the text.
  }
  throw unknownFormat(id)
}
