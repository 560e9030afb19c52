import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { CredentialError } from '@nebula-credential/core'
import { leakScan } from '@nebula-credential/testing'
import { jwtVerify, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { importSigningKey, signingKey } from './signing-key.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const ed25519 = generateKeyPairSync('ed25519')

const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string
const jwk = (key: KeyObject) => JSON.stringify(key.export({ format: 'jwk' }))
const decoded = (given: z.input<typeof signingKey>) => z.decode(signingKey, given)

describe('a signing key', () => {
  it.each([
    ['RSA', 'RS256', rsa, undefined],
    ['RSA', 'PS256', rsa, 'PS256'],
    ['P-256', 'ES256', p256, undefined],
    ['P-384', 'ES384', p384, undefined],
    ['Ed25519', 'EdDSA', ed25519, undefined],
  ] as const)('of kind %s signs by %s, as PEM and as JWK', async (_, expected, pair, algorithm) => {
    for (const privateKey of [pem(pair.privateKey), jwk(pair.privateKey)]) {
      const imported = await importSigningKey(decoded({ privateKey, algorithm, keyId: 'k1' }))
      expect(imported).toMatchObject({ algorithm: expected, keyId: 'k1' })
      const signed = await new SignJWT({}).setProtectedHeader({ alg: expected }).sign(imported.key)
      await jwtVerify(signed, pair.publicKey)
    }
  })

  it('that does not go with its algorithm is refused, without showing it', async () => {
    const privateKey = pem(p256.privateKey)
    const error = await importSigningKey(decoded({ privateKey, algorithm: 'RS256' })).catch(error => error)
    expect(error).toBeInstanceOf(CredentialError)
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
    expect(leakScan(error, [privateKey, privateKey.split('\n')[1] ?? ''])).toEqual([])
  })

  it.each([
    ['a public key', p256.publicKey.export({ type: 'spki', format: 'pem' }) as string],
    ['a public JWK', jwk(p256.publicKey)],
    ['no key', 'hunter2'],
    ['broken JSON', '{"kty":"hunter2"'],
  ])('must not be %s', (_, privateKey) => {
    const result = z.safeDecode(signingKey, { privateKey })
    expect(result.success).toBe(false)
    expect(leakScan(result.error, ['hunter2'])).toEqual([])
  })
})
