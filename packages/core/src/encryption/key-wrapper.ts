/** A key service that wraps data keys, so that the master key never leaves it: a KMS or an HSM. */
export interface KeyWrapper {
  /** Names the wrapping key, without secrets. */
  readonly name: string
  /** Wraps a 32-byte data key. @throws CredentialError STORAGE_UNAVAILABLE when the service cannot be reached */
  wrap(dataKey: Uint8Array): Promise<Uint8Array>
  /**
   * Unwraps a data key, in a buffer of its own that the caller zeroes.
   * @throws CredentialError DECRYPTION_FAILED when the wrapped key was changed or is another service's
   */
  unwrap(wrapped: Uint8Array): Promise<Uint8Array>
}
