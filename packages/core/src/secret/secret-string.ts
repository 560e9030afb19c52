import { timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

const redacted = '[secret]'

/** A secret whose only way out is {@link Secret.expose}. Printing, serialising and concatenating it show `[secret]`. */
export interface Secret {
  /** The secret itself. Grep for this word to audit every use. */
  expose(): string
  /** Compares in constant time for secrets of equal length. */
  equals(other: Secret): boolean
  toString(): string
  toJSON(): string
}

abstract class Redacted implements Secret {
  abstract expose(): string

  equals(other: Secret): boolean {
    const mine = Buffer.from(this.expose())
    const theirs = Buffer.from(other.expose())
    try {
      return mine.length === theirs.length && timingSafeEqual(mine, theirs)
    } finally {
      mine.fill(0)
      theirs.fill(0)
    }
  }

  toString(): string {
    return redacted
  }

  toJSON(): string {
    return redacted
  }

  [inspect.custom](): string {
    return redacted
  }
}

/**
 * A secret this process owns: its bytes stand in an unpooled buffer of their own and are zeroed on dispose.
 * The string given to {@link SecretString.from} and those handed out by `expose()` are JavaScript strings, which
 * cannot be zeroed; see `docs/security.md`.
 */
export class SecretString extends Redacted implements Disposable {
  readonly #bytes: Buffer
  #disposed = false

  private constructor(bytes: Buffer) {
    super()
    this.#bytes = bytes
  }

  static from(value: string): SecretString {
    const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(value))
    bytes.write(value)
    return new SecretString(bytes)
  }

  /** @throws TypeError when the secret has been disposed. */
  expose(): string {
    if (this.#disposed) throw new TypeError('This secret has been disposed; take a new one from its owner')
    return this.#bytes.toString()
  }

  /** Zeroes the bytes. Further `expose()` calls throw. */
  [Symbol.dispose](): void {
    this.#bytes.fill(0)
    this.#disposed = true
  }
}

/** A secret that is shared between callers: string-backed, frozen, and without dispose. What tokens carry. */
export class LentSecret extends Redacted {
  readonly #value: string

  constructor(value: string) {
    super()
    this.#value = value
    Object.freeze(this)
  }

  expose(): string {
    return this.#value
  }
}

/** A shared copy of a secret, for an access token that outlives the state it was made from. */
export function lend(secret: Secret | string): LentSecret {
  if (secret instanceof LentSecret) return secret
  return new LentSecret(typeof secret === 'string' ? secret : secret.expose())
}
