import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { CredentialError, isCredentialError } from '../errors.ts'
import { keyRing } from './key-ring.ts'
import type { KeySource } from './key-source.ts'
import { openEncryption } from './open-encryption.ts'
import { passphraseKey } from './passphrase-key.ts'
import { rawKey } from './raw-key.ts'
import { MemoryHeader } from './test/memory-header.ts'

const bound = Buffer.from('bound')
const cheap = { memoryKiB: 64, passes: 1, parallelism: 1 }

function passphrase(text: string, keyId = 'passphrase'): KeySource {
  return passphraseKey(text, { ...cheap, keyId })
}

async function failureOf(work: Promise<unknown>): Promise<CredentialError> {
  try {
    await work
  } catch (error) {
    if (error instanceof CredentialError) return error
    throw error
  }
  throw new Error('This should have been refused')
}

async function expectSameKeys(header: MemoryHeader, first: KeySource, second: KeySource): Promise<void> {
  const one = await openEncryption(first, header)
  const two = await openEncryption(second, header)
  const sealed = await one.provider.encrypt(Buffer.from('state'), bound)
  expect(Buffer.from(await two.provider.decrypt(sealed, bound)).toString()).toBe('state')
  expect(two.auditKeys.hmac(two.auditKeys.currentKeyId, bound)).toEqual(
    one.auditKeys.hmac(one.auditKeys.currentKeyId, bound),
  )
}

describe('openEncryption', () => {
  it('opens again what it sealed, with a passphrase or a raw key', async () => {
    await expectSameKeys(new MemoryHeader(), passphrase('correct horse'), passphrase('correct horse'))
    const bytes = randomBytes(32)
    await expectSameKeys(new MemoryHeader(), rawKey(bytes), rawKey(bytes.toString('base64')))
  })

  it('answers synchronously with local keys', async () => {
    const { provider } = await openEncryption(rawKey(randomBytes(32)), new MemoryHeader())
    const sealed = provider.encrypt(Buffer.from('x'), bound)
    expect(sealed).toBeInstanceOf(Uint8Array)
    expect(provider.decrypt(sealed as Uint8Array, bound)).toBeInstanceOf(Uint8Array)
    expect(provider.keyIdOf(sealed as Uint8Array)).toBe('raw')
  })

  it('takes a passphrase in either Unicode form', async () => {
    const header = new MemoryHeader()
    await openEncryption(passphrase('caf\u00e9'), header)
    await openEncryption(passphrase('cafe\u0301'), header)
  })

  it('keeps the costs of the header when the options change', async () => {
    const header = new MemoryHeader()
    await openEncryption(passphrase('p'), header)
    const before = header.stored?.value
    await openEncryption(passphraseKey('p', { memoryKiB: 128, passes: 2, parallelism: 2 }), header)
    expect(header.stored?.value).toBe(before)
  })

  it('refuses a wrong passphrase or key, naming the expected one, before anything is written', async () => {
    for (const [right, wrong] of [
      [passphrase('right'), passphrase('wrong')],
      [rawKey(randomBytes(32)), rawKey(randomBytes(32))],
    ] as const) {
      const header = new MemoryHeader()
      await openEncryption(right, header)
      header.hasRecords = true
      const { fingerprint, id } = JSON.parse(header.stored?.value ?? '').keys[0]
      const error = await failureOf(openEncryption(wrong, header))
      expect(error.code).toBe('KEY_MISMATCH')
      expect(error.message).toContain(fingerprint)
      expect(error.message).toContain(id)
      expect(header.writes).toBe(1)
    }
  })

  it('refuses a key of another kind under the same id', async () => {
    const header = new MemoryHeader()
    await openEncryption(passphrase('p', 'main'), header)
    const error = await failureOf(openEncryption(rawKey(randomBytes(32), { keyId: 'main' }), header))
    expect(error.code).toBe('KEY_MISMATCH')
  })

  it('refuses records without a header', async () => {
    const header = new MemoryHeader()
    header.hasRecords = true
    const error = await failureOf(openEncryption(passphrase('p'), header))
    expect(error.code).toBe('KEY_MISMATCH')
    expect(error.message).toContain('missing')
    expect(header.writes).toBe(0)
  })

  it('does not refuse the first record of a process that made the header meanwhile', async () => {
    const other = new MemoryHeader()
    await openEncryption(passphrase('p'), other)
    class Overtaken extends MemoryHeader {
      override async isEmpty(): Promise<boolean> {
        this.stored = other.stored
        this.hasRecords = true
        return super.isEmpty()
      }
    }
    const header = new Overtaken()
    await openEncryption(passphrase('p'), header)
    expect(header.writes).toBe(0)
  })

  it('lets ten processes open an empty store at once, with one header', async () => {
    const header = new MemoryHeader()
    const opened = await Promise.all(
      Array.from({ length: 10 }, () => openEncryption(passphrase('p'), header)),
    )
    expect(header.writes).toBe(1)
    const sealed = await Promise.all(opened.map(({ provider }) => provider.encrypt(Buffer.from('s'), bound)))
    for (const { provider, auditKeys } of opened) {
      for (const each of sealed) expect(Buffer.from(await provider.decrypt(each, bound)).toString()).toBe('s')
      expect(auditKeys.currentKeyId).toBe(opened[0]?.auditKeys.currentKeyId)
    }
  })

  it('lets ten processes add a new current key at once, with one entry', async () => {
    const header = new MemoryHeader()
    const old = passphrase('old', 'k1')
    const first = await openEncryption(old, header)
    const ring = () => keyRing({ current: passphrase('new', 'k2'), old: [passphrase('old', 'k1')] })
    const opened = await Promise.all(Array.from({ length: 10 }, () => openEncryption(ring(), header)))
    expect(header.writes).toBe(2)
    const before = await first.provider.encrypt(Buffer.from('before'), bound)
    const sealed = await Promise.all(
      opened.map(({ provider }) => provider.encrypt(Buffer.from('after'), bound)),
    )
    for (const { provider, auditKeys } of opened) {
      expect(Buffer.from(await provider.decrypt(before, bound)).toString()).toBe('before')
      for (const each of sealed) {
        expect(provider.keyIdOf(each)).toBe('k2')
        expect(Buffer.from(await provider.decrypt(each, bound)).toString()).toBe('after')
      }
      expect(auditKeys.currentKeyId).toBe(first.auditKeys.currentKeyId)
    }
    // After a rekey the old key is no longer needed, not even for the audit key.
    await openEncryption(passphrase('new', 'k2'), header)
  })

  it('registers an old key too, so that a process can open what a newer configuration seals', async () => {
    const header = new MemoryHeader()
    await openEncryption(passphrase('a', 'k1'), header)
    const prepared = await openEncryption(
      keyRing({ current: passphrase('a', 'k1'), old: [passphrase('b', 'k2')] }),
      header,
    )
    const switched = await openEncryption(
      keyRing({ current: passphrase('b', 'k2'), old: [passphrase('a', 'k1')] }),
      header,
    )
    const sealed = await switched.provider.encrypt(Buffer.from('new'), bound)
    expect(Buffer.from(await prepared.provider.decrypt(sealed, bound)).toString()).toBe('new')
    // The audit key followed the switch, so that k1 can be dropped after a rekey.
    await openEncryption(passphrase('b', 'k2'), header)
  })

  it('does not add a key to a header that no key of the ring opens', async () => {
    const header = new MemoryHeader()
    await openEncryption(passphrase('a', 'k1'), header)
    const alone = await failureOf(openEncryption(passphrase('b', 'k2'), header))
    expect(alone.code).toBe('KEY_MISMATCH')
    expect(alone.message).toContain('"k1" (fingerprint ')
    const wrongOld = keyRing({ current: passphrase('b', 'k2'), old: [passphrase('wrong', 'k1')] })
    expect((await failureOf(openEncryption(wrongOld, header))).code).toBe('KEY_MISMATCH')
    expect(header.writes).toBe(1)
  })

  it('says which key is missing from the ring', async () => {
    const header = new MemoryHeader()
    const ring = keyRing({ current: passphrase('b', 'k2'), old: [passphrase('a', 'k1')] })
    const { provider } = await openEncryption(ring, header)
    const { provider: other } = await openEncryption(
      rawKey(randomBytes(32), { keyId: 'k3' }),
      new MemoryHeader(),
    )
    const sealed = await other.encrypt(Buffer.from('x'), bound)
    const error = await failureOf((async () => provider.decrypt(sealed, bound))())
    expect(error.code).toBe('KEY_MISMATCH')
    expect(error.message).toContain('k3')
    expect((await failureOf(openEncryption(passphrase('a', 'k1'), header))).code).toBe('KEY_MISMATCH')
  })

  it('forgets its keys on close', async () => {
    const { provider, auditKeys } = await openEncryption(passphrase('p'), new MemoryHeader())
    const sealed = await provider.encrypt(Buffer.from('x'), bound)
    provider.close()
    auditKeys.close()
    expect(() => provider.encrypt(Buffer.from('x'), bound)).toThrow(
      expect.objectContaining({ code: 'CLOSED' }),
    )
    expect(() => provider.decrypt(sealed, bound)).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    expect(() => auditKeys.hmac(auditKeys.currentKeyId, bound)).toThrow(
      expect.objectContaining({ code: 'CLOSED' }),
    )
  })

  it('passes on that the store cannot be reached', async () => {
    class Down extends MemoryHeader {
      override async readHeader(): Promise<never> {
        throw new CredentialError('STORAGE_UNAVAILABLE', 'The store is down')
      }
    }
    expect((await failureOf(openEncryption(passphrase('p'), new Down()))).code).toBe('STORAGE_UNAVAILABLE')
  })
})

describe('a header that was tampered with', () => {
  async function openTampered(change: Parameters<MemoryHeader['tamper']>[0]): Promise<CredentialError> {
    const header = new MemoryHeader()
    await openEncryption(passphrase('p'), header)
    header.tamper(change)
    const error = await failureOf(openEncryption(passphrase('p'), header))
    expect(header.writes).toBe(1)
    return error
  }

  it('is refused when the canary was changed, though the key is right', async () => {
    const error = await openTampered(header => {
      const canary = Buffer.from(header.keys[0].canary, 'base64')
      canary[canary.length - 1] = (canary[canary.length - 1] as number) ^ 1
      header.keys[0].canary = canary.toString('base64')
    })
    expect(error.code).toBe('DECRYPTION_FAILED')
    expect(error.message).toContain('canary')
  })

  it('is refused when the audit key does not open', async () => {
    const error = await openTampered(header => {
      header.audit.keys[0].id = header.audit.currentKeyId = 'audit-other'
    })
    expect(error.code).toBe('DECRYPTION_FAILED')
    expect(error.message).toContain('audit key')
  })

  it('is refused when a canary stands in for the audit key: purposes do not mix', async () => {
    const error = await openTampered(header => {
      header.audit.keys[0].sealed = header.keys[0].canary
    })
    expect(error.code).toBe('DECRYPTION_FAILED')
  })

  it.each([
    { memoryKiB: 100 * 1024 * 1024 },
    { passes: 4_000_000_000 },
    { parallelism: 1_000 },
    { memoryKiB: 0 },
    { salt: '' },
  ])('is refused before any memory is taken when it asks for %o', async costs => {
    const startedAt = process.hrtime.bigint()
    const error = await openTampered(header => Object.assign(header.keys[0].parameters, costs))
    expect(error.code).toBe('DECRYPTION_FAILED')
    expect(Number(process.hrtime.bigint() - startedAt) / 1e6).toBeLessThan(2_000)
  })

  it('is refused when the costs were lowered, without naming what the passphrase then gives', async () => {
    const error = await openTampered(header => Object.assign(header.keys[0].parameters, { memoryKiB: 8 }))
    expect(error.code).toBe('KEY_MISMATCH')
    expect(error.message.match(/[0-9a-f]{16}/g)).toHaveLength(1)
  })

  it('is refused when it is of a newer format, no JSON, or lacks parts', async () => {
    expect((await openTampered(header => Object.assign(header, { format: 2 }))).code).toBe('SCHEMA_MISMATCH')
    expect((await openTampered(header => Object.assign(header, { keys: [] }))).code).toBe('DECRYPTION_FAILED')
    expect((await openTampered(header => header.keys.push(header.keys[0]))).code).toBe('DECRYPTION_FAILED')
    expect((await openTampered(header => delete header.audit)).code).toBe('DECRYPTION_FAILED')
    const header = new MemoryHeader()
    header.stored = { version: 1, value: 'garbage {' }
    expect((await failureOf(openEncryption(passphrase('p'), header))).code).toBe('DECRYPTION_FAILED')
  })
})

describe('key sources', () => {
  it('refuse a missing or empty passphrase at once, naming the environment variable', () => {
    for (const missing of [undefined, '']) {
      expect(() => passphraseKey(missing)).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          message: expect.stringContaining('NEBULA_PASSPHRASE'),
        }),
      )
    }
  })

  it('refuse costs that are out of bounds', () => {
    for (const costs of [
      { memoryKiB: 7 },
      { memoryKiB: 2_000_000 },
      { passes: 0 },
      { parallelism: 99 },
      { passes: 1.5 },
    ]) {
      expect(() => passphraseKey('p', costs)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    }
  })

  it('refuse a raw key that is not 32 bytes', () => {
    const wrong = [
      undefined,
      '',
      randomBytes(31),
      randomBytes(33),
      randomBytes(31).toString('base64'),
      'x'.repeat(44),
    ]
    for (const key of wrong) {
      const error = (() => {
        try {
          return void rawKey(key)
        } catch (caught) {
          return caught
        }
      })()
      expect(isCredentialError(error, 'CONFIG_INVALID')).toBe(true)
    }
  })

  it('refuse a ring with two keys of one id, and a key id that is none', () => {
    expect(() => keyRing({ current: passphrase('a'), old: [passphrase('b')] })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
    expect(() => passphrase('a', 'a b')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  it('show no secret when printed, nor does what comes of them', async () => {
    const sentinel = 'SENTINEL-passphrase-4711'
    const bytes = Buffer.from('SENTINEL-raw-key-bytes-32-long!!')
    const header = new MemoryHeader()
    const ring = keyRing({ current: passphrase(sentinel, 'k2'), old: [rawKey(bytes, { keyId: 'k1' })] })
    const opened = await openEncryption(ring, header)
    header.tamper(changed => {
      changed.keys[0].fingerprint = '0000000000000000'
    })
    const error = await failureOf(openEncryption(ring, header))
    const printed = [ring, opened, error, error.cause].flatMap(value => [
      inspect(value, { depth: 20, showHidden: true }),
      String(value),
      JSON.stringify(value),
    ])
    const all = [...printed, header.stored?.value].join('\n')
    for (const form of [sentinel, bytes.toString(), bytes.toString('base64'), bytes.toString('hex')]) {
      expect(all).not.toContain(form)
    }
  })
})
