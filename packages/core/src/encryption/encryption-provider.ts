/**
 * Seals and opens bytes. Local keys answer synchronously, so that reading a credential needs no promise; a KMS
 * answers with promises.
 */
export interface EncryptionProvider {
  /** The id of the key that new ciphertext is made with. */
  readonly currentKeyId: string
  /** Ciphertext of a fresh salt and nonce, bound to `associatedData` and to the key's id. */
  encrypt(plaintext: Uint8Array, associatedData: Uint8Array): Uint8Array | Promise<Uint8Array>
  /**
   * The plaintext, which the caller zeroes.
   * @throws CredentialError DECRYPTION_FAILED when a bit of ciphertext or associated data changed, or the key is
   * another; KEY_MISMATCH when the ring has no key of the ciphertext's key id
   */
  decrypt(sealed: Uint8Array, associatedData: Uint8Array): Uint8Array | Promise<Uint8Array>
  /** The id of the key a ciphertext was made with. */
  keyIdOf(sealed: Uint8Array): string
  /** Forgets the keys. */
  close(): void
}
