import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { CredentialError, isCredentialError } from '../errors.ts'
import { parseSealed } from './aes-gcm-format.ts'
import { auditKeyData, damagedHeader, type Header } from './header.ts'
import type { OpenedKey } from './key-source.ts'

/** The audit keys of a header, opened. */
export interface AuditKeySet {
  readonly currentKeyId: string
  readonly keys: ReadonlyMap<string, KeyObject>
}

const keyLength = 32

/** A set of one new random key. */
export function newAuditKeySet(): AuditKeySet {
  const bytes = randomBytes(keyLength)
  const key = createSecretKey(bytes)
  bytes.fill(0)
  const currentKeyId = `audit-${randomBytes(6).toString('hex')}`
  return { currentKeyId, keys: new Map([[currentKeyId, key]]) }
}

/** Seals a set with a master key, for the header. */
export async function sealAuditKeys(set: AuditKeySet, master: OpenedKey): Promise<Header['audit']> {
  const keys: { id: string; sealed: string }[] = []
  for (const [id, key] of set.keys) {
    const bytes = key.export()
    const sealed = await Promise.resolve(master.seal(bytes, auditKeyData(id))).finally(() => bytes.fill(0))
    keys.push({ id, sealed: Buffer.from(sealed).toString('base64') })
  }
  return { currentKeyId: set.currentKeyId, keys }
}

/**
 * Opens the audit keys of a header with the ring's keys.
 * @throws CredentialError KEY_MISMATCH when they are sealed with a key the ring does not have; DECRYPTION_FAILED when
 * they were changed
 */
export async function openAuditKeys(
  audit: Header['audit'],
  masters: ReadonlyMap<string, OpenedKey>,
): Promise<AuditKeySet> {
  const keys = new Map<string, KeyObject>()
  for (const { id, sealed } of audit.keys) keys.set(id, await openAuditKey(id, sealed, masters))
  if (!keys.has(audit.currentKeyId)) throw damagedHeader('its current audit key is missing')
  return { currentKeyId: audit.currentKeyId, keys }
}

/** Whether every audit key of a header is sealed with the master key of this id. */
export function areSealedBy(audit: Header['audit'], keyId: string): boolean {
  return audit.keys.every(({ sealed }) => parseSealed(Buffer.from(sealed, 'base64')).keyId === keyId)
}

async function openAuditKey(
  id: string,
  sealedText: string,
  masters: ReadonlyMap<string, OpenedKey>,
): Promise<KeyObject> {
  try {
    const sealed = parseSealed(Buffer.from(sealedText, 'base64'))
    const master = masters.get(sealed.keyId)
    if (master === undefined) throw sealedByOther(sealed.keyId)
    const bytes = await master.open(sealed, auditKeyData(id))
    try {
      if (bytes.length === keyLength) return createSecretKey(bytes)
    } finally {
      bytes.fill(0)
    }
  } catch (error) {
    if (!isCredentialError(error, 'DECRYPTION_FAILED')) throw error
    throw damagedHeader(`its audit key "${id}" does not open`, error)
  }
  throw damagedHeader(`its audit key "${id}" is not a key`)
}

function sealedByOther(keyId: string): CredentialError {
  return new CredentialError(
    'KEY_MISMATCH',
    `The audit key of this store is sealed with key ${JSON.stringify(keyId)}, which the key ring does not have: ` +
      'another process made that key current. Add it to "old" of the key ring',
  )
}
