import { CredentialError } from '../errors.ts'
import { parseSealed } from './aes-gcm-format.ts'
import type { EncryptionProvider } from './encryption-provider.ts'
import type { OpenedKey } from './key-source.ts'
import { closedError } from './sealing-errors.ts'

/** Seals with the current key of a ring, and opens with whichever key a ciphertext names. */
export class KeyRingEncryption implements EncryptionProvider {
  readonly currentKeyId: string
  readonly #keys: Map<string, OpenedKey>

  constructor(currentKeyId: string, keys: readonly OpenedKey[]) {
    this.currentKeyId = currentKeyId
    this.#keys = new Map(keys.map(key => [key.keyId, key]))
  }

  encrypt(plaintext: Uint8Array, associatedData: Uint8Array): Uint8Array | Promise<Uint8Array> {
    return this.#key(this.currentKeyId).seal(plaintext, associatedData)
  }

  decrypt(sealed: Uint8Array, associatedData: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const parts = parseSealed(sealed)
    return this.#key(parts.keyId).open(parts, associatedData)
  }

  keyIdOf(sealed: Uint8Array): string {
    return parseSealed(sealed).keyId
  }

  close(): void {
    for (const key of this.#keys.values()) key.close()
    this.#keys.clear()
  }

  #key(keyId: string): OpenedKey {
    const key = this.#keys.get(keyId)
    if (key !== undefined) return key
    if (this.#keys.size === 0) throw closedError()
    throw new CredentialError(
      'KEY_MISMATCH',
      `A ciphertext was sealed with key ${JSON.stringify(keyId)}, which the key ring does not have; ` +
        'add that key to "old" of the key ring and start again',
    )
  }
}
