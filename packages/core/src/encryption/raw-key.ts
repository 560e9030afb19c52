import { createSecretKey, type KeyObject } from 'node:crypto'
import { CredentialError } from '../errors.ts'
import { assertKeyId, type KeyParameters, type KeySource, type OpenedKey, wrongKind } from './key-source.ts'
import { LocalKey } from './local-key.ts'

export interface RawKeyOptions {
  /** Names the key in ciphertext and header. Default `raw`. */
  readonly keyId?: string | undefined
}

const keyLength = 32
const base64Pattern = /^[A-Za-z0-9+/_-]{43}=?$/

/**
 * A master key of exactly 32 random bytes, or of their base64 text. The bytes are copied; the caller may zero its own.
 * @throws CredentialError CONFIG_INVALID
 *
 * @example
 * rawKey(process.env.NEBULA_KEY)      // made once with: openssl rand -base64 32
 */
export function rawKey(key: Uint8Array | string | undefined, options: RawKeyOptions = {}): KeySource {
  const keyId = options.keyId ?? 'raw'
  assertKeyId(keyId)
  return new RawKey(keyId, keyObjectOf(key))
}

class RawKey implements KeySource {
  readonly keyId: string
  readonly #key: KeyObject

  constructor(keyId: string, key: KeyObject) {
    this.keyId = keyId
    this.#key = key
  }

  async open(parameters: KeyParameters = { kind: 'raw' }): Promise<OpenedKey> {
    if (parameters.kind !== 'raw') throw wrongKind(this.keyId, parameters.kind, 'raw')
    return new LocalKey(this.keyId, parameters, this.#key)
  }
}

function keyObjectOf(key: Uint8Array | string | undefined): KeyObject {
  if (key instanceof Uint8Array && key.length === keyLength) return createSecretKey(key)
  if (typeof key === 'string' && base64Pattern.test(key)) {
    const bytes = Buffer.from(key, 'base64')
    try {
      if (bytes.length === keyLength) return createSecretKey(bytes)
    } finally {
      bytes.fill(0)
    }
  }
  throw new CredentialError(
    'CONFIG_INVALID',
    'A raw key must be exactly 32 bytes, or their base64 text. Make one with "openssl rand -base64 32" ' +
      'and pass it, for example, in the environment variable NEBULA_KEY',
  )
}
