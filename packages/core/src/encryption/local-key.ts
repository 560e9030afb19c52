import { hkdfSync, type KeyObject } from 'node:crypto'
import { openBytes, type SealedParts, sealBytes, sealFormats } from './aes-gcm-format.ts'
import type { KeyParameters, OpenedKey } from './key-source.ts'
import { closedError, wrongFormat } from './sealing-errors.ts'

const fingerprintLength = 8
const fingerprintInfo = Buffer.from('nebula-credential fingerprint 1')

/** A master key whose bytes this process holds. Seals and opens synchronously. */
export class LocalKey implements OpenedKey {
  readonly keyId: string
  readonly parameters: KeyParameters
  readonly fingerprint: string
  #key: KeyObject | undefined

  constructor(keyId: string, parameters: KeyParameters, key: KeyObject) {
    this.keyId = keyId
    this.parameters = parameters
    this.fingerprint = fingerprintOf(key)
    this.#key = key
  }

  seal(plaintext: Uint8Array, associatedData: Uint8Array): Uint8Array {
    if (this.#key === undefined) throw closedError()
    return sealBytes(this.#key, this.keyId, plaintext, associatedData)
  }

  open(sealed: SealedParts, associatedData: Uint8Array): Uint8Array {
    if (this.#key === undefined) throw closedError()
    if (sealed.format !== sealFormats.local) throw wrongFormat(this.keyId)
    return openBytes(this.#key, sealed, associatedData)
  }

  close(): void {
    this.#key = undefined
  }
}

// Derived from the stretched key, so that guessing a passphrase by it costs an Argon2 run per guess, as the canary does.
function fingerprintOf(key: KeyObject): string {
  return Buffer.from(hkdfSync('sha256', key, '', fingerprintInfo, fingerprintLength)).toString('hex')
}
