import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { z } from 'zod'
import { importSigningKey, signingKey } from '../token-endpoint/signing-key.ts'

const reservedClaims = new Set(['iss', 'sub', 'aud', 'iat', 'exp', 'nbf', 'jti'])
const defaultLifetimeMs = 300_000

/** Who vouches for whom, and the key that the assertion is signed with: RFC 7523 section 3. */
export const assertionTerms = z.strictObject({
  ...signingKey.shape,
  /** `iss`: who signs, as the server knows them. */
  issuer: z.string().min(1),
  /** `sub`: for whom the token is. */
  subject: z.string().min(1),
  /** `aud`: the server, as it wants to be called. Default: the URL of its token endpoint. */
  audience: z.string().min(1).optional(),
  /** How long each assertion is valid, in ms: at most an hour. Default 300,000. */
  lifetimeMs: z.number().int().min(1_000).max(3_600_000).optional(),
  /** Further claims of the server's own. Not for secrets. */
  claims: z
    .record(z.string().min(1), z.json())
    .refine(given => !Object.keys(given).some(name => reservedClaims.has(name)), {
      error: `must not name one of ${[...reservedClaims].join(', ')}`,
    })
    .optional(),
})
export type AssertionTerms = z.output<typeof assertionTerms>

/** A new assertion, good for one request. @throws CredentialError CONFIG_INVALID when key and algorithm do not go together */
export async function signedAssertion(
  terms: AssertionTerms,
  { tokenEndpoint, startedAt }: { readonly tokenEndpoint: string; readonly startedAt: number },
): Promise<string> {
  const { key, algorithm, keyId } = await importSigningKey(terms)
  const { issuer, subject, audience = tokenEndpoint, lifetimeMs = defaultLifetimeMs, claims } = terms
  const issuedAtS = Math.floor(startedAt / 1000)
  return new SignJWT(claims)
    .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) })
    .setIssuer(issuer)
    .setSubject(subject)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt(issuedAtS)
    .setExpirationTime(issuedAtS + Math.ceil(lifetimeMs / 1000))
    .sign(key)
}
