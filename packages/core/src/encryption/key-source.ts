import type { Clock } from '../clock.ts'
import { CredentialError } from '../errors.ts'
import type { SealedParts } from './aes-gcm-format.ts'

/** Where a master key comes from: made by `passphraseKey`, `rawKey` or `envelopeKey`. Printing it shows no secret. */
export interface KeySource {
  readonly keyId: string
  /**
   * Opens the key with the parameters it was first used with, or, without any, makes new ones.
   * @throws CredentialError KEY_MISMATCH when the parameters are of another kind of key
   */
  open(parameters: KeyParameters | undefined, clock: Clock): Promise<OpenedKey>
}

/** What a store's header keeps of a key, so that it can be opened again. Authenticated by the key's canary. */
export type KeyParameters =
  | { readonly kind: 'raw' }
  | { readonly kind: 'envelope' }
  | ({ readonly kind: 'passphrase' } & Argon2Parameters)

/** Argon2id (RFC 9106). */
export interface Argon2Parameters {
  /** 16 random bytes, base64. */
  readonly salt: string
  readonly memoryKiB: number
  readonly passes: number
  readonly parallelism: number
}

/** A master key in use. */
export interface OpenedKey {
  readonly keyId: string
  readonly parameters: KeyParameters
  /** Tells two keys apart for people: derived from the key itself, or the name of the wrapping key. */
  readonly fingerprint: string
  seal(plaintext: Uint8Array, associatedData: Uint8Array): Uint8Array | Promise<Uint8Array>
  open(sealed: SealedParts, associatedData: Uint8Array): Uint8Array | Promise<Uint8Array>
  /** Forgets the key. */
  close(): void
}

const keyIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** @throws CredentialError CONFIG_INVALID */
export function assertKeyId(keyId: unknown): asserts keyId is string {
  if (typeof keyId !== 'string' || !keyIdPattern.test(keyId)) {
    throw new CredentialError(
      'CONFIG_INVALID',
      'A key id must be 1 to 64 letters, digits, ".", "_" or "-", starting with a letter or digit',
    )
  }
}

/** What a source of another kind than the header's says. */
export function wrongKind(keyId: string, expected: string, given: string): CredentialError {
  return new CredentialError(
    'KEY_MISMATCH',
    `Key "${keyId}" of this store is of kind ${expected}, but a key of kind ${given} was given under its id. ` +
      'Give the new key a keyId of its own, and the old one in the key ring',
  )
}
