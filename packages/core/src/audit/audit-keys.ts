import { createHmac, type KeyObject } from 'node:crypto'
import { CredentialError } from '../errors.ts'

/** The keys of the audit's keyed hashes, each with an id. Not derived from the master key; kept sealed by it. */
export class AuditKeys {
  /** The id of the key that new entries are hashed with. */
  readonly currentKeyId: string
  readonly #keys: Map<string, KeyObject>

  constructor(currentKeyId: string, keys: ReadonlyMap<string, KeyObject>) {
    this.currentKeyId = currentKeyId
    this.#keys = new Map(keys)
  }

  has(keyId: string): boolean {
    return this.#keys.has(keyId)
  }

  /**
   * HMAC-SHA-256 (RFC 2104) of `bytes`.
   * @throws CredentialError AUDIT_BROKEN when there is no key of this id; CLOSED after `close()`
   */
  hmac(keyId: string, bytes: Uint8Array): Buffer {
    const key = this.#keys.get(keyId)
    if (key === undefined) {
      throw this.#keys.size === 0
        ? new CredentialError('CLOSED', 'The audit keys were closed; build a new manager')
        : new CredentialError('AUDIT_BROKEN', `No audit key has the id "${keyId}"`)
    }
    return createHmac('sha256', key).update(bytes).digest()
  }

  /** Forgets the keys. */
  close(): void {
    this.#keys.clear()
  }
}
