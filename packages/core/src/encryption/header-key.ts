import { CredentialError, isCredentialError } from '../errors.ts'
import { parseSealed } from './aes-gcm-format.ts'
import { canaryData, damagedHeader, type HeaderKey } from './header.ts'
import type { OpenedKey } from './key-source.ts'

const canaryText = Buffer.from('nebula-credential canary')

/** The header's entry of a key that it does not know yet. */
export async function newHeaderKey(key: OpenedKey): Promise<HeaderKey> {
  const bound = canaryData(key.keyId, key.parameters, key.fingerprint)
  const canary = Buffer.from(await key.seal(canaryText, bound)).toString('base64')
  return { id: key.keyId, parameters: key.parameters, fingerprint: key.fingerprint, canary }
}

/**
 * Proves that a key is the one the header's entry was made with.
 * @throws CredentialError KEY_MISMATCH when it is another; DECRYPTION_FAILED when the entry was changed
 */
export async function checkCanary(key: OpenedKey, entry: HeaderKey): Promise<void> {
  try {
    const sealed = parseSealed(Buffer.from(entry.canary, 'base64'))
    const bound = canaryData(entry.id, entry.parameters, entry.fingerprint)
    await key.open(sealed, bound)
  } catch (error) {
    if (!isCredentialError(error, 'DECRYPTION_FAILED')) throw error
    throw refusedCanary(key, entry, error)
  }
}

// Never names the fingerprint of the key that was given: with costs lowered by whoever controls the store, it would
// let a reader of the logs guess the passphrase.
function refusedCanary(key: OpenedKey, entry: HeaderKey, cause: CredentialError): CredentialError {
  const isSame = key.parameters.kind !== 'envelope' && key.fingerprint === entry.fingerprint
  if (isSame)
    return damagedHeader(`the canary of key "${entry.id}" does not open, though the key is right`, cause)
  return new CredentialError(
    'KEY_MISMATCH',
    `The key given as "${entry.id}" is not the one this store was written with: the store expects the ` +
      `${entry.parameters.kind} key with fingerprint ${JSON.stringify(entry.fingerprint)}. ` +
      'Nothing was changed. Give the right key; to change keys, give the new one another keyId and keep this one as old',
  )
}
