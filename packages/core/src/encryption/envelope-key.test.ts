import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Clock } from '../clock.ts'
import { CredentialError } from '../errors.ts'
import { type EnvelopeKeyOptions, envelopeKey } from './envelope-key.ts'
import type { KeyWrapper } from './key-wrapper.ts'
import { openEncryption } from './open-encryption.ts'
import { MemoryHeader } from './test/memory-header.ts'

const bound = Buffer.from('bound')
const text = Buffer.from('state')

/** A key service in memory: it wraps with AES-256-GCM under a key of its own, and can be unreachable. */
class MemoryKeyService implements KeyWrapper {
  readonly name = 'memory key service'
  readonly #key = randomBytes(32)
  wraps = 0
  unwraps = 0
  isDown = false

  async wrap(dataKey: Uint8Array): Promise<Uint8Array> {
    this.wraps += 1
    await this.#reach()
    const nonce = randomBytes(12)
    const gcm = createCipheriv('aes-256-gcm', this.#key, nonce)
    return Buffer.concat([nonce, gcm.update(dataKey), gcm.final(), gcm.getAuthTag()])
  }

  async unwrap(wrapped: Uint8Array): Promise<Uint8Array> {
    this.unwraps += 1
    await this.#reach()
    try {
      const gcm = createDecipheriv('aes-256-gcm', this.#key, wrapped.subarray(0, 12))
      gcm.setAuthTag(wrapped.subarray(-16))
      return Buffer.concat([gcm.update(wrapped.subarray(12, -16)), gcm.final()])
    } catch (cause) {
      throw new CredentialError('DECRYPTION_FAILED', 'Not wrapped by this service', { cause })
    }
  }

  async #reach(): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    if (this.isDown) throw new CredentialError('STORAGE_UNAVAILABLE', 'The key service is down')
  }
}

function steppedClock(): Clock & { at: number } {
  return {
    at: 1_000,
    now() {
      return this.at
    },
    sleep: () => Promise.reject(new Error('Nothing here sleeps')),
    every: () => () => undefined,
  }
}

async function setUp(options: EnvelopeKeyOptions = {}) {
  const service = new MemoryKeyService()
  const header = new MemoryHeader()
  const clock = steppedClock()
  const open = () => openEncryption(envelopeKey(service, options), header, clock)
  const { provider } = await open()
  return { service, header, clock, open, provider }
}

describe('envelopeKey', () => {
  it('opens in one process what it sealed in another', async () => {
    const { open, provider } = await setUp()
    const sealed = await provider.encrypt(text, bound)
    const { provider: other } = await open()
    expect(Buffer.from(await other.decrypt(sealed, bound))).toEqual(text)
    expect(other.keyIdOf(sealed)).toBe('envelope')
  })

  it('answers synchronously while a data key is at hand, and asks the service once', async () => {
    const { provider, service } = await setUp()
    const sealed = await provider.encrypt(text, bound)
    const { wraps, unwraps } = service
    const again = provider.encrypt(text, bound)
    expect(again).toBeInstanceOf(Uint8Array)
    expect(provider.decrypt(again as Uint8Array, bound)).toBeInstanceOf(Uint8Array)
    expect(provider.decrypt(sealed, bound)).toBeInstanceOf(Uint8Array)
    expect(service).toMatchObject({ wraps, unwraps })
  })

  it('wraps a new data key after its uses', async () => {
    const { provider, service } = await setUp({ maxUses: 3 })
    const before = service.wraps
    for (let i = 0; i < 12; i++) await provider.encrypt(text, bound)
    expect(service.wraps - before).toBeGreaterThanOrEqual(3)
    expect(service.wraps - before).toBeLessThanOrEqual(4)
  })

  it('keeps to the uses of a data key under concurrent callers', async () => {
    const { provider, service, clock } = await setUp({ maxUses: 5, maxAgeMs: 1_000 })
    clock.at += 2_000
    const before = service.wraps
    await Promise.all(Array.from({ length: 20 }, () => provider.encrypt(text, bound)))
    expect(service.wraps - before).toBe(4)
  })

  it('wraps and unwraps anew when a data key has reached its age', async () => {
    const { provider, service, clock } = await setUp({ maxAgeMs: 1_000 })
    const sealed = await provider.encrypt(text, bound)
    clock.at += 1_000
    const { wraps, unwraps } = service
    await provider.encrypt(text, bound)
    await provider.decrypt(sealed, bound)
    expect(service).toMatchObject({ wraps: wraps + 1, unwraps: unwraps + 1 })
  })

  it('unwraps one data key once for many callers, and keeps a bounded number', async () => {
    const { provider, open, service } = await setUp({ maxUses: 1, maxCached: 2 })
    const sealed = await Promise.all([1, 2, 3].map(() => provider.encrypt(text, bound)))
    const { provider: other } = await open()
    const before = service.unwraps
    await Promise.all(Array.from({ length: 10 }, () => other.decrypt(sealed[0] as Uint8Array, bound)))
    expect(service.unwraps - before).toBe(1)
    await other.decrypt(sealed[1] as Uint8Array, bound)
    await other.decrypt(sealed[2] as Uint8Array, bound)
    await other.decrypt(sealed[0] as Uint8Array, bound)
    expect(service.unwraps - before).toBe(4)
  })

  it('serves cached data keys while the service is down, fails retryably beyond them, and recovers', async () => {
    const { provider, open, service, clock } = await setUp({ maxAgeMs: 1_000, maxUses: 1 })
    const sealed = await provider.encrypt(text, bound)
    const { provider: other } = await open()
    service.isDown = true
    expect(Buffer.from(await provider.decrypt(sealed, bound))).toEqual(text)
    const unavailable = { code: 'STORAGE_UNAVAILABLE', retryable: true }
    await expect(other.decrypt(sealed, bound)).rejects.toMatchObject(unavailable)
    clock.at += 1_000
    await expect(provider.encrypt(text, bound)).rejects.toMatchObject(unavailable)
    await expect(provider.decrypt(sealed, bound)).rejects.toMatchObject(unavailable)
    service.isDown = false
    for (const each of [provider, other]) {
      expect(Buffer.from(await each.decrypt(sealed, bound))).toEqual(text)
      expect(Buffer.from(await each.decrypt(await each.encrypt(text, bound), bound))).toEqual(text)
    }
  })

  it('reports an unreachable service at the start as such, not as a wrong key', async () => {
    const { open, service, header } = await setUp()
    service.isDown = true
    await expect(open()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    service.isDown = false
    await open()
    expect(header.writes).toBe(1)
  })

  it('passes on what a key service throws that is no CredentialError as its cause', async () => {
    const { provider, service, clock } = await setUp({ maxAgeMs: 1_000 })
    const cause = new TypeError('socket hang up')
    service.wrap = () => Promise.reject(cause)
    clock.at += 1_000
    await expect(provider.encrypt(text, bound)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE', cause })
  })

  it('refuses the key of another service', async () => {
    const { header } = await setUp()
    await expect(openEncryption(envelopeKey(new MemoryKeyService()), header)).rejects.toMatchObject({
      code: 'KEY_MISMATCH',
    })
  })

  it('seals nothing after close, even when a wrap was under way', async () => {
    const { provider, clock } = await setUp({ maxAgeMs: 1_000 })
    clock.at += 1_000
    const sealing = provider.encrypt(text, bound)
    provider.close()
    await expect(sealing).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('refuses limits that make no sense', () => {
    for (const limits of [{ maxUses: 0 }, { maxAgeMs: 0 }, { maxCached: 1.5 }, { maxAgeMs: Number.NaN }]) {
      expect(() => envelopeKey(new MemoryKeyService(), limits)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      )
    }
  })
})
