import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto'
import { CredentialError } from '../errors.ts'
import { encodeCanonical } from '../record/canonical.ts'

/** The first byte of a ciphertext: made with a local master key, or with a data key that it carries wrapped. */
export const sealFormats = { local: 1, envelope: 2 } as const

/** A ciphertext taken apart. The parts are views of it. */
export interface SealedParts {
  readonly format: number
  readonly keyId: string
  /** Present in the envelope format only. */
  readonly wrappedKey: Uint8Array | undefined
  readonly salt: Uint8Array
  readonly nonce: Uint8Array
  readonly commitment: Uint8Array
  readonly ciphertext: Uint8Array
  readonly tag: Uint8Array
}

const cipher = 'aes-256-gcm'
const saltLength = 32
const nonceLength = 12
const keyLength = 32
const commitmentLength = 32
const tagLength = 16
const tagOptions = { authTagLength: tagLength } as const
const derivation = Buffer.from('nebula-credential aes-256-gcm 1')

/**
 * Seals with AES-256-GCM (NIST SP 800-38D) under a key derived by HKDF-SHA-256 (RFC 5869) from `key` and a fresh
 * salt. Format, key id and wrapped key are authenticated with the associated data.
 *
 * Layout: format (1), key id (1 + n), in the envelope format the wrapped key (2 + n), salt (32), nonce (12), key
 * commitment (32), ciphertext, tag (16).
 */
export function sealBytes(
  key: KeyObject,
  keyId: string,
  plaintext: Uint8Array,
  associatedData: Uint8Array,
  wrappedKey?: Uint8Array,
): Uint8Array {
  const head = encodeHead(keyId, wrappedKey)
  const nonceAt = head.length + saltLength
  const commitmentAt = nonceAt + nonceLength
  const ciphertextAt = commitmentAt + commitmentLength
  const tagAt = ciphertextAt + plaintext.length
  const sealed = Buffer.allocUnsafeSlow(tagAt + tagLength)
  sealed.set(head)
  randomFillSync(sealed, head.length, saltLength + nonceLength)

  const derived = deriveKey(key, sealed.subarray(head.length, nonceAt))
  sealed.set(derived.subarray(keyLength), commitmentAt)
  const gcm = createCipheriv(cipher, messageKey(derived), sealed.subarray(nonceAt, commitmentAt), tagOptions)
  derived.fill(0)
  gcm.setAAD(boundData(sealed[0] as number, keyId, wrappedKey, associatedData))
  sealed.set(gcm.update(plaintext), ciphertextAt)
  gcm.final()
  sealed.set(gcm.getAuthTag(), tagAt)
  return sealed
}

/**
 * Opens what {@link sealBytes} sealed.
 * @throws CredentialError DECRYPTION_FAILED
 */
export function openBytes(key: KeyObject, sealed: SealedParts, associatedData: Uint8Array): Uint8Array {
  const derived = deriveKey(key, sealed.salt)
  try {
    // GCM does not commit to its key: one ciphertext can be made to open under two keys. The commitment forbids it.
    if (!timingSafeEqual(derived.subarray(keyLength), sealed.commitment)) throw refusal()
    const gcm = createDecipheriv(cipher, messageKey(derived), sealed.nonce, tagOptions)
    gcm.setAAD(boundData(sealed.format, sealed.keyId, sealed.wrappedKey, associatedData))
    gcm.setAuthTag(sealed.tag)
    const plaintext = gcm.update(sealed.ciphertext)
    try {
      gcm.final()
    } catch (cause) {
      plaintext.fill(0)
      throw refusal(cause)
    }
    return plaintext
  } finally {
    derived.fill(0)
  }
}

/**
 * Takes a ciphertext apart without checking it.
 * @throws CredentialError DECRYPTION_FAILED when it is too short or of a format unknown here
 */
export function parseSealed(sealed: Uint8Array): SealedParts {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  const format = bytes[0]
  if (format !== sealFormats.local && format !== sealFormats.envelope) throw refusal()
  let at = 2 + (bytes[1] ?? 0)
  const keyId = bytes.toString('latin1', 2, at)
  let wrappedKey: Uint8Array | undefined
  if (format === sealFormats.envelope) {
    if (at + 2 > bytes.length) throw refusal()
    const start = at + 2
    at = start + bytes.readUInt16BE(at)
    wrappedKey = bytes.subarray(start, at)
  }
  const nonceAt = at + saltLength
  const commitmentAt = nonceAt + nonceLength
  const ciphertextAt = commitmentAt + commitmentLength
  const tagAt = bytes.length - tagLength
  if (tagAt < ciphertextAt) throw refusal()
  return {
    format,
    keyId,
    wrappedKey,
    salt: bytes.subarray(at, nonceAt),
    nonce: bytes.subarray(nonceAt, commitmentAt),
    commitment: bytes.subarray(commitmentAt, ciphertextAt),
    ciphertext: bytes.subarray(ciphertextAt, tagAt),
    tag: bytes.subarray(tagAt),
  }
}

function encodeHead(keyId: string, wrappedKey: Uint8Array | undefined): Buffer {
  const wrappedLength = wrappedKey === undefined ? 0 : 2 + wrappedKey.length
  const head = Buffer.allocUnsafe(2 + keyId.length + wrappedLength)
  head[0] = wrappedKey === undefined ? sealFormats.local : sealFormats.envelope
  head[1] = keyId.length
  head.write(keyId, 2, 'latin1')
  if (wrappedKey !== undefined) {
    head.writeUInt16BE(wrappedKey.length, 2 + keyId.length)
    head.set(wrappedKey, 4 + keyId.length)
  }
  return head
}

function boundData(
  format: number,
  keyId: string,
  wrappedKey: Uint8Array | undefined,
  associatedData: Uint8Array,
): Buffer {
  return encodeCanonical([format, keyId, wrappedKey, associatedData])
}

function deriveKey(key: KeyObject, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, salt, derivation, keyLength + commitmentLength))
}

// A raw key makes the cipher three times slower than the KeyObject it would be wrapped in.
function messageKey(derived: Uint8Array): KeyObject {
  return createSecretKey(derived.subarray(0, keyLength))
}

function refusal(cause?: unknown): CredentialError {
  return new CredentialError(
    'DECRYPTION_FAILED',
    'A ciphertext does not open: it was changed, moved to another record, or sealed with another key. ' +
      'Compare the store with a backup, and look for writes that did not come from the manager',
    { cause },
  )
}
