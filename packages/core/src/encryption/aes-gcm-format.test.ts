import { createSecretKey, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isCredentialError } from '../errors.ts'
import { openBytes, parseSealed, sealBytes } from './aes-gcm-format.ts'

const key = createSecretKey(randomBytes(32))
const bytes = fc.uint8Array({ maxLength: 300 })
const keyId = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
const wrapped = fc.option(fc.uint8Array({ minLength: 1, maxLength: 400 }), { nil: undefined })

function failureOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}

function isRefused(sealed: Uint8Array, associatedData: Uint8Array, openKey = key): boolean {
  return isCredentialError(
    failureOf(() => openBytes(openKey, parseSealed(sealed), associatedData)),
    'DECRYPTION_FAILED',
  )
}

describe('the AES-256-GCM format', () => {
  it('gives back what was sealed', () => {
    fc.assert(
      fc.property(bytes, bytes, keyId, wrapped, (plaintext, associatedData, id, wrappedKey) => {
        const sealed = sealBytes(key, id, plaintext, associatedData, wrappedKey)
        const parts = parseSealed(sealed)
        expect(parts.keyId).toBe(id)
        expect(parts.wrappedKey && Buffer.from(parts.wrappedKey)).toEqual(
          wrappedKey && Buffer.from(wrappedKey),
        )
        expect(Buffer.from(openBytes(key, parts, associatedData))).toEqual(Buffer.from(plaintext))
      }),
    )
  })

  it.each([
    ['local', undefined],
    ['envelope', randomBytes(40)],
  ])('detects the change of any single bit of a %s ciphertext', (_, wrappedKey) => {
    const associatedData = randomBytes(20)
    const sealed = sealBytes(key, 'k1', randomBytes(24), associatedData, wrappedKey)
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Uint8Array.from(sealed)
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(isRefused(changed, associatedData), `bit ${bit}`).toBe(true)
    }
    expect(isRefused(sealed, associatedData)).toBe(false)
  })

  it('detects the change of any single bit of the associated data, and of its length', () => {
    const associatedData = randomBytes(32)
    const sealed = sealBytes(key, 'k1', randomBytes(24), associatedData)
    for (let bit = 0; bit < associatedData.length * 8; bit++) {
      const changed = Uint8Array.from(associatedData)
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(isRefused(sealed, changed), `bit ${bit}`).toBe(true)
    }
    expect(isRefused(sealed, Buffer.concat([associatedData, Buffer.of(0)]))).toBe(true)
    expect(isRefused(sealed, associatedData.subarray(1))).toBe(true)
  })

  it('refuses every truncation and any garbage with a CredentialError', () => {
    const associatedData = randomBytes(5)
    for (const wrappedKey of [undefined, randomBytes(30)]) {
      const sealed = sealBytes(key, 'k1', randomBytes(24), associatedData, wrappedKey)
      for (let length = 0; length < sealed.length; length++) {
        expect(isRefused(sealed.subarray(0, length), associatedData), `length ${length}`).toBe(true)
      }
      expect(isRefused(Buffer.concat([sealed, Buffer.of(0)]), associatedData)).toBe(true)
    }
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 2, 3, 255), fc.uint8Array({ maxLength: 400 }), (format, rest) => {
        expect(isRefused(Buffer.from([format, ...rest]), associatedData)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  it('refuses another key', () => {
    const sealed = sealBytes(key, 'k1', randomBytes(24), Buffer.alloc(0))
    expect(isRefused(sealed, Buffer.alloc(0), createSecretKey(randomBytes(32)))).toBe(true)
  })

  it('uses a fresh salt and nonce each time', () => {
    const seen = new Set<string>()
    for (let i = 0; i < 1_000; i++) {
      const { salt, nonce } = parseSealed(sealBytes(key, 'k1', Buffer.from('x'), Buffer.alloc(0)))
      seen.add(Buffer.from(salt).toString('hex'))
      seen.add(Buffer.from(nonce).toString('hex'))
    }
    expect(seen.size).toBe(2_000)
  })

  it('opens a view into a larger buffer', () => {
    const sealed = sealBytes(key, 'k1', Buffer.from('text'), Buffer.alloc(0))
    const page = Buffer.concat([randomBytes(7), sealed, randomBytes(9)])
    const opened = openBytes(key, parseSealed(page.subarray(7, 7 + sealed.length)), Buffer.alloc(0))
    expect(Buffer.from(opened).toString()).toBe('text')
  })
})
