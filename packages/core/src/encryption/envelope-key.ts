import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { CredentialError } from '../errors.ts'
import { openBytes, type SealedParts, sealBytes, sealFormats } from './aes-gcm-format.ts'
import { DataKeyCache } from './data-key-cache.ts'
import { assertKeyId, type KeyParameters, type KeySource, type OpenedKey, wrongKind } from './key-source.ts'
import type { KeyWrapper } from './key-wrapper.ts'
import { closedError, keyServiceFailure, wrongFormat } from './sealing-errors.ts'

export interface EnvelopeKeyOptions {
  /** Names the key in ciphertext and header. Default `envelope`. */
  readonly keyId?: string | undefined
  /**
   * How long a data key seals, and how long an unwrapped one stays in memory, in milliseconds. Default 300,000:
   * access withdrawn at the key service takes effect within it.
   */
  readonly maxAgeMs?: number | undefined
  /** How many ciphertexts one data key seals, 1 to 1,000,000. Default 1,000. */
  readonly maxUses?: number | undefined
  /** How many unwrapped data keys stay in memory at most. Default 1,000. */
  readonly maxCached?: number | undefined
}

type Limits = Required<{ [K in 'maxAgeMs' | 'maxUses' | 'maxCached']: number }>

/**
 * A master key that never leaves a key service: it wraps the data keys that seal. Sealing and opening answer
 * synchronously while a data key is at hand, else with a promise.
 * @throws CredentialError CONFIG_INVALID
 */
export function envelopeKey(wrapper: KeyWrapper, options: EnvelopeKeyOptions = {}): KeySource {
  const keyId = options.keyId ?? 'envelope'
  assertKeyId(keyId)
  const limits = {
    maxAgeMs: options.maxAgeMs ?? 300_000,
    maxUses: options.maxUses ?? 1_000,
    maxCached: options.maxCached ?? 1_000,
  }
  if (!(limits.maxAgeMs > 0) || !isCount(limits.maxUses) || !isCount(limits.maxCached)) {
    throw new CredentialError(
      'CONFIG_INVALID',
      'Limits of data keys: maxAgeMs must be positive; maxUses and maxCached must be 1 to 1,000,000',
    )
  }
  return {
    keyId,
    async open(parameters: KeyParameters = { kind: 'envelope' }, clock: Clock) {
      if (parameters.kind !== 'envelope') throw wrongKind(keyId, parameters.kind, 'envelope')
      return new EnvelopeKey(keyId, wrapper, limits, clock)
    },
  }
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 1_000_000
}

interface DataKey {
  readonly key: KeyObject
  readonly wrapped: Uint8Array
}

const dataKeyLength = 32
const maxWrappedLength = 0xffff

class EnvelopeKey implements OpenedKey {
  readonly keyId: string
  readonly parameters = { kind: 'envelope' } as const
  readonly fingerprint: string
  readonly #wrapper: KeyWrapper
  readonly #limits: Limits
  readonly #clock: Clock
  readonly #unwrapped: DataKeyCache
  #sealing: { dataKey: DataKey; usesLeft: number; until: number } | undefined
  #wrapping: Promise<void> | undefined
  #closed = false

  constructor(keyId: string, wrapper: KeyWrapper, limits: Limits, clock: Clock) {
    this.keyId = keyId
    this.fingerprint = wrapper.name
    this.#wrapper = wrapper
    this.#limits = limits
    this.#clock = clock
    this.#unwrapped = new DataKeyCache(limits.maxCached, limits.maxAgeMs, clock)
  }

  seal(plaintext: Uint8Array, associatedData: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const dataKey = this.#takeDataKey()
    if (dataKey === undefined) return this.#sealWithNewKey(plaintext, associatedData)
    return sealBytes(dataKey.key, this.keyId, plaintext, associatedData, dataKey.wrapped)
  }

  open(sealed: SealedParts, associatedData: Uint8Array): Uint8Array | Promise<Uint8Array> {
    if (this.#closed) throw closedError()
    const { format, wrappedKey } = sealed
    if (format !== sealFormats.envelope || wrappedKey === undefined) throw wrongFormat(this.keyId)
    const key = this.#unwrapped.get(wrappedKey)
    if (key !== undefined) return openBytes(key, sealed, associatedData)
    return this.#unwrap(wrappedKey).then(unwrapped => openBytes(unwrapped, sealed, associatedData))
  }

  close(): void {
    this.#closed = true
    this.#sealing = undefined
    this.#unwrapped.clear()
  }

  #takeDataKey(): DataKey | undefined {
    if (this.#closed) throw closedError()
    const sealing = this.#sealing
    if (sealing === undefined || sealing.usesLeft === 0 || this.#clock.now() >= sealing.until)
      return undefined
    sealing.usesLeft -= 1
    return sealing.dataKey
  }

  async #sealWithNewKey(plaintext: Uint8Array, associatedData: Uint8Array): Promise<Uint8Array> {
    for (;;) {
      const dataKey = this.#takeDataKey()
      if (dataKey !== undefined) {
        return sealBytes(dataKey.key, this.keyId, plaintext, associatedData, dataKey.wrapped)
      }
      this.#wrapping ??= this.#wrapNewKey().finally(() => {
        this.#wrapping = undefined
      })
      await this.#wrapping
    }
  }

  async #wrapNewKey(): Promise<void> {
    const bytes = randomBytes(dataKeyLength)
    try {
      const startedAt = this.#clock.now()
      const wrapped = await this.#askService(this.#wrapper.wrap(bytes))
      if (wrapped.length === 0 || wrapped.length > maxWrappedLength) {
        throw new CredentialError(
          'CONFIG_INVALID',
          `${this.#wrapper.name} returned a wrapped key of ${wrapped.length} bytes; 1 to 65,535 are possible`,
        )
      }
      const dataKey = { key: createSecretKey(bytes), wrapped }
      if (this.#closed) return
      this.#unwrapped.set(wrapped, dataKey.key)
      // The first use is certain even where the limit in age is shorter than a wrap takes.
      const until = Math.max(startedAt + this.#limits.maxAgeMs, this.#clock.now() + 1)
      this.#sealing = { dataKey, usesLeft: this.#limits.maxUses, until }
    } finally {
      bytes.fill(0)
    }
  }

  async #askService<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      throw keyServiceFailure(this.#wrapper.name, error)
    }
  }

  #unwrap(wrapped: Uint8Array): Promise<KeyObject> {
    return this.#unwrapped.load(wrapped, async () => {
      const bytes = await this.#askService(this.#wrapper.unwrap(wrapped))
      try {
        if (bytes.length !== dataKeyLength) {
          throw new CredentialError(
            'DECRYPTION_FAILED',
            `${this.#wrapper.name} unwrapped something that is not a data key; the ciphertext was changed`,
          )
        }
        return createSecretKey(bytes)
      } finally {
        bytes.fill(0)
      }
    })
  }
}
