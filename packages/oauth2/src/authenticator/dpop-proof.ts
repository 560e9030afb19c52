import { createHash, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { DpopToken } from '../connection/oauth-token.ts'
import { dpopAlgorithm, dpopKeyPair, publicDpopKey } from '../token-endpoint/dpop-key.ts'

/** What a proof is made for. */
export interface ProvenRequest {
  readonly method: string
  readonly url: string
  /** What the server wants to see in the proof. */
  readonly nonce: string | undefined
}

/** Proves for one request that its sender holds the key of the token in it: RFC 9449 sections 4.2 and 7. */
export async function dpopProof(
  { key, value }: DpopToken,
  { method, url, nonce }: ProvenRequest,
): Promise<string> {
  const { privateKey } = await dpopKeyPair(key)
  const { origin, pathname } = new URL(url)
  const claims = {
    htm: method,
    htu: `${origin}${pathname}`,
    ath: createHash('sha256').update(value.expose()).digest('base64url'),
    ...(nonce !== undefined && { nonce }),
  }
  return new SignJWT(claims)
    .setProtectedHeader({ alg: dpopAlgorithm, typ: 'dpop+jwt', jwk: publicDpopKey(key) })
    .setJti(randomUUID())
    .setIssuedAt()
    .sign(privateKey)
}
