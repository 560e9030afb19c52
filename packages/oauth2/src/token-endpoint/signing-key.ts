import { createPrivateKey, type KeyObject, type webcrypto } from 'node:crypto'
import { CredentialError, type SecretString, secret } from '@nebula-credential/core'
import { importJWK, importPKCS8 } from 'jose'
import { z } from 'zod'

/** A key that we sign assertions with. */
export const signingKey = z.object({
  /** A private key, as PKCS #8 PEM or as the JSON of a JWK. */
  privateKey: secret(z.string().refine(isPrivateKey, 'must be a private key, as PKCS #8 PEM or as a JWK')),
  /** RFC 7518 section 3.1. Default: by the key, RS256 for RSA. */
  algorithm: z.enum(['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA']).optional(),
  /** The server's name of the key, `kid`. */
  keyId: z.string().min(1).optional(),
})
export type SigningKey = z.output<typeof signingKey>

export interface ImportedKey {
  readonly key: webcrypto.CryptoKey
  readonly algorithm: string
  readonly keyId: string | undefined
}

/** The key as the libraries take it. @throws CredentialError CONFIG_INVALID when key and algorithm do not go together */
export async function importSigningKey({ privateKey, algorithm, keyId }: SigningKey): Promise<ImportedKey> {
  const chosen = algorithm ?? algorithmOf(read(privateKey.expose()))
  try {
    return { key: await importKey(privateKey, chosen), algorithm: chosen, keyId }
  } catch {
    // The platform's error may quote the key.
    throw new CredentialError(
      'CONFIG_INVALID',
      `The private key cannot sign by ${chosen}; name its algorithm`,
    )
  }
}

async function importKey(privateKey: SecretString, algorithm: string): Promise<webcrypto.CryptoKey> {
  const text = privateKey.expose()
  if (isJwk(text)) return (await importJWK(JSON.parse(text), algorithm)) as webcrypto.CryptoKey
  return importPKCS8(text, algorithm)
}

function isPrivateKey(text: string): boolean {
  try {
    return read(text).type === 'private'
  } catch {
    return false
  }
}

const isJwk = (text: string) => text.trimStart().startsWith('{')

function read(text: string): KeyObject {
  return isJwk(text) ? createPrivateKey({ key: JSON.parse(text), format: 'jwk' }) : createPrivateKey(text)
}

const curves: Record<string, string> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

function algorithmOf(key: KeyObject): string {
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA'
  return curves[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? 'RS256'
}
