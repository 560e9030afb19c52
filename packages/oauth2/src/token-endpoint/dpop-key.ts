import type { webcrypto } from 'node:crypto'
import { type Secret, SecretString } from '@nebula-credential/core'
import { calculateJwkThumbprint, exportJWK, importJWK, type JWK } from 'jose'
import { randomDPoPKeyPair } from 'openid-client'

/** The algorithm of every key that tokens are bound to. */
export const dpopAlgorithm = 'ES256'

/** A new key that tokens are bound to, RFC 9449, as the JSON of its private JWK. */
export async function newDpopKey(): Promise<SecretString> {
  const { privateKey } = await randomDPoPKeyPair(dpopAlgorithm, { extractable: true })
  return SecretString.from(JSON.stringify(await exportJWK(privateKey)))
}

/** Both halves of a stored key. */
export async function dpopKeyPair(stored: Secret): Promise<webcrypto.CryptoKeyPair> {
  const privateJwk: JWK = JSON.parse(stored.expose())
  return {
    privateKey: (await importJWK(privateJwk, dpopAlgorithm)) as webcrypto.CryptoKey,
    publicKey: (await importJWK(publicDpopKey(stored), dpopAlgorithm, {
      extractable: true,
    })) as webcrypto.CryptoKey,
  }
}

/** What of a stored key everybody may know. */
export function publicDpopKey(stored: Secret): JWK {
  const { kty, crv, x, y }: JWK = JSON.parse(stored.expose())
  return { kty, crv, x, y } as JWK
}

/** By what a stored key is known where no secret may be: RFC 7638. */
export const dpopThumbprint = (stored: Secret): Promise<string> =>
  calculateJwkThumbprint(publicDpopKey(stored))
