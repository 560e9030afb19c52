import { CredentialError, isCredentialError } from '../errors.ts'

/** Use of a key after `close()`. */
export function closedError(): CredentialError {
  return new CredentialError('CLOSED', 'The encryption keys were closed; build a new manager')
}

/** A ciphertext in the format of another kind of key than the one its key id names. */
export function wrongFormat(keyId: string): CredentialError {
  return new CredentialError(
    'DECRYPTION_FAILED',
    `A ciphertext names key "${keyId}" but is not in the format of that key: it was changed or damaged`,
  )
}

/** What a key service threw, as a CredentialError. */
export function keyServiceFailure(name: string, error: unknown): CredentialError {
  if (isCredentialError(error)) return error
  return new CredentialError('STORAGE_UNAVAILABLE', `The key service ${name} failed; see the cause`, {
    cause: error,
  })
}
