import type { webcrypto } from 'node:crypto'
import { type Secret, SecretString } from '@nebula-credential/core'
import { exportJWK, importJWK } from 'jose'
import { randomDPoPKeyPair } from 'openid-client'

const algorithm = 'ES256'

/** A new key that tokens are bound to, RFC 9449, as the JSON of its private JWK. */
export async function newDpopKey(): Promise<SecretString> {
  const { privateKey } = await randomDPoPKeyPair(algorithm, { extractable: true })
  return SecretString.from(JSON.stringify(await exportJWK(privateKey)))
}

/** Both halves of a stored key. */
export async function dpopKeyPair(stored: Secret): Promise<webcrypto.CryptoKeyPair> {
  const { d, ...publicPart } = JSON.parse(stored.expose())
  return {
    privateKey: (await importJWK({ ...publicPart, d }, algorithm)) as webcrypto.CryptoKey,
    publicKey: (await importJWK(publicPart, algorithm, { extractable: true })) as webcrypto.CryptoKey,
  }
}
