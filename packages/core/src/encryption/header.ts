import { z } from 'zod'
import { CredentialError } from '../errors.ts'
import { encodeCanonical } from '../record/canonical.ts'
import type { KeyParameters } from './key-source.ts'
import { argon2CostsAllowed } from './passphrase-key.ts'

/** What a store keeps of its keys: nothing that opens anything by itself. */
export interface Header {
  readonly format: typeof headerFormat
  readonly keys: readonly HeaderKey[]
  readonly audit: {
    readonly currentKeyId: string
    readonly keys: readonly { readonly id: string; readonly sealed: string }[]
  }
}

export interface HeaderKey {
  readonly id: string
  readonly parameters: KeyParameters
  readonly fingerprint: string
  /** A known text sealed with the key, base64: it opens with the right key only. */
  readonly canary: string
}

export const headerFormat = 1
const maxLength = 1_048_576

const base64 = z.string().regex(/^[A-Za-z0-9+/]{4,100000}={0,2}$/)
const keyId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
const argon2Schema = z
  .object({
    kind: z.literal('passphrase'),
    salt: z.string().regex(/^[A-Za-z0-9+/]{22}==$/),
    memoryKiB: z.int(),
    passes: z.int(),
    parallelism: z.int(),
  })
  .refine(argon2CostsAllowed, 'Argon2id costs are out of bounds')
const headerSchema = z.object({
  format: z.literal(headerFormat),
  keys: z
    .array(
      z.object({
        id: keyId,
        parameters: z.union([
          z.object({ kind: z.literal('raw') }),
          z.object({ kind: z.literal('envelope') }),
          argon2Schema,
        ]),
        fingerprint: z.string().min(1).max(500),
        canary: base64,
      }),
    )
    .min(1)
    .max(100)
    .refine(areDistinct, 'two keys share an id'),
  audit: z.object({
    currentKeyId: keyId,
    keys: z
      .array(z.object({ id: keyId, sealed: base64 }))
      .min(1)
      .max(100)
      .refine(areDistinct, 'two audit keys share an id'),
  }),
})

/**
 * @throws CredentialError SCHEMA_MISMATCH when a newer release wrote it; DECRYPTION_FAILED when it is damaged
 */
export function parseHeader(text: string): Header {
  const json = parseJson(text)
  const format = typeof json === 'object' && json !== null && 'format' in json ? json.format : undefined
  if (typeof format === 'number' && format > headerFormat) {
    throw new CredentialError(
      'SCHEMA_MISMATCH',
      `The store's header is of format ${format}; this release reads ${headerFormat}. Upgrade nebula-credential`,
    )
  }
  const parsed = headerSchema.safeParse(json)
  if (!parsed.success) {
    const where = parsed.error.issues.map(issue => issue.path.join('.') || 'header').slice(0, 3)
    throw damagedHeader(`its field ${where.join(', ')} is not what the manager writes`)
  }
  return parsed.data
}

export function encodeHeader(header: Header): string {
  return JSON.stringify(header)
}

/** What a canary is bound to: all that the header says of its key. */
export function canaryData(id: string, parameters: KeyParameters, fingerprint: string): Uint8Array {
  const costs =
    parameters.kind === 'passphrase'
      ? [parameters.salt, parameters.memoryKiB, parameters.passes, parameters.parallelism]
      : []
  return encodeCanonical([headerFormat, 'header', 'canary', id, parameters.kind, costs, fingerprint])
}

/** What a sealed audit key is bound to. */
export function auditKeyData(id: string): Uint8Array {
  return encodeCanonical([headerFormat, 'header', 'audit key', id])
}

/** What to say of a header that cannot be as the manager wrote it. */
export function damagedHeader(reason: string, cause?: unknown): CredentialError {
  return new CredentialError(
    'DECRYPTION_FAILED',
    `The store's header was changed or damaged: ${reason}. Restore the header from a backup of the store`,
    { cause },
  )
}

function parseJson(text: string): unknown {
  if (text.length > maxLength) throw damagedHeader('it is too long')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw damagedHeader('it is not JSON', cause)
  }
}

function areDistinct(items: readonly { readonly id: string }[]): boolean {
  return new Set(items.map(item => item.id)).size === items.length
}
