// By its default export: a missing name would end the import, and nobody would learn that Node is too old.
import crypto, { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { CredentialError } from '../errors.ts'
import {
  type Argon2Parameters,
  assertKeyId,
  type KeyParameters,
  type KeySource,
  type OpenedKey,
  wrongKind,
} from './key-source.ts'
import { LocalKey } from './local-key.ts'

/** Argon2id costs hold for a key's first use; after that, those in the store's header do. */
export interface PassphraseKeyOptions {
  /** Names the key in ciphertext and header. Default `passphrase`. */
  readonly keyId?: string | undefined
  /** Memory in KiB, 8 per lane to 1 GiB. Default 65,536 (64 MiB). */
  readonly memoryKiB?: number | undefined
  /** Passes over the memory, 1 to 16. Default 3. */
  readonly passes?: number | undefined
  /** Lanes, 1 to 16. Default 4. */
  readonly parallelism?: number | undefined
}

type Argon2Costs = Omit<Argon2Parameters, 'salt'>

/** Bounds of what a header may ask for: whoever controls the store must not make us allocate 100 GiB. */
export const argon2Bounds = { memoryKiB: 1_048_576, passes: 16, parallelism: 16, memoryPerLane: 8 } as const

const keyLength = 32
const saltLength = 16

/**
 * A master key stretched from a passphrase with Argon2id (RFC 9106), once, when the encryption is opened; salt and
 * costs stand in the store's header. The passphrase is taken in Unicode NFC.
 * @throws CredentialError CONFIG_INVALID at once when the passphrase is missing or empty, a cost is out of bounds, or
 * Node has no Argon2id, which it has from 24.7 on
 *
 * @example
 * passphraseKey(process.env.NEBULA_PASSPHRASE)
 */
export function passphraseKey(passphrase: string | undefined, options: PassphraseKeyOptions = {}): KeySource {
  if (typeof passphrase !== 'string' || passphrase.length === 0) {
    throw new CredentialError(
      'CONFIG_INVALID',
      'The passphrase is missing or empty. Set the environment variable it comes from, for example ' +
        'NEBULA_PASSPHRASE; there is no mode without encryption',
    )
  }
  if (crypto.argon2 === undefined) {
    throw new CredentialError(
      'CONFIG_INVALID',
      `This is Node ${process.versions.node}, which has no Argon2id; use Node 24.7 or newer`,
    )
  }
  const keyId = options.keyId ?? 'passphrase'
  assertKeyId(keyId)
  const costs = {
    memoryKiB: options.memoryKiB ?? 65_536,
    passes: options.passes ?? 3,
    parallelism: options.parallelism ?? 4,
  }
  if (!argon2CostsAllowed(costs)) {
    throw new CredentialError(
      'CONFIG_INVALID',
      'Argon2id takes 1 to 16 lanes, 1 to 16 passes, and 8 KiB per lane to 1,048,576 KiB of memory',
    )
  }
  return new PassphraseKey(keyId, passphrase, costs)
}

/** Whether costs are within {@link argon2Bounds}. */
export function argon2CostsAllowed({ memoryKiB, passes, parallelism }: Argon2Costs): boolean {
  return (
    isWithin(parallelism, 1, argon2Bounds.parallelism) &&
    isWithin(passes, 1, argon2Bounds.passes) &&
    isWithin(memoryKiB, argon2Bounds.memoryPerLane * parallelism, argon2Bounds.memoryKiB)
  )
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}

class PassphraseKey implements KeySource {
  readonly keyId: string
  readonly #passphrase: KeyObject
  readonly #costs: Argon2Costs

  constructor(keyId: string, passphrase: string, costs: Argon2Costs) {
    this.keyId = keyId
    this.#costs = costs
    const bytes = Buffer.from(passphrase.normalize('NFC'))
    this.#passphrase = createSecretKey(bytes)
    bytes.fill(0)
  }

  async open(given?: KeyParameters): Promise<OpenedKey> {
    const parameters = given ?? this.#newParameters()
    if (parameters.kind !== 'passphrase') throw wrongKind(this.keyId, parameters.kind, 'passphrase')
    return new LocalKey(this.keyId, parameters, await this.#stretch(parameters))
  }

  #newParameters(): KeyParameters {
    return { kind: 'passphrase', salt: randomBytes(saltLength).toString('base64'), ...this.#costs }
  }

  async #stretch(parameters: Argon2Parameters): Promise<KeyObject> {
    const message = this.#passphrase.export()
    try {
      const key = await promisify(crypto.argon2)('argon2id', {
        message,
        nonce: Buffer.from(parameters.salt, 'base64'),
        memory: parameters.memoryKiB,
        passes: parameters.passes,
        parallelism: parameters.parallelism,
        tagLength: keyLength,
      })
      const keyObject = createSecretKey(key)
      key.fill(0)
      return keyObject
    } finally {
      message.fill(0)
    }
  }
}
