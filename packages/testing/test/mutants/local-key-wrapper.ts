import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { CredentialError, type KeyWrapper } from '@nebula-credential/core'

/** An honest wrapper with a key of its own, AES-256-GCM, for testing the suite: a real one keeps its key elsewhere. */
export class LocalKeyWrapper implements KeyWrapper {
  readonly name: string
  protected readonly key: Buffer

  constructor(name: string, key: Buffer) {
    this.name = name
    this.key = key
  }

  async wrap(dataKey: Uint8Array): Promise<Uint8Array> {
    const nonce = this.nonce()
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce)
    return Buffer.concat([nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()])
  }

  async unwrap(wrapped: Uint8Array): Promise<Uint8Array> {
    try {
      const bytes = Buffer.from(wrapped)
      const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(0, 12), { authTagLength: 16 })
      decipher.setAuthTag(bytes.subarray(-16))
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
    } catch (cause) {
      throw new CredentialError(
        'DECRYPTION_FAILED',
        'The wrapped key was changed, or wrapped by another key',
        {
          cause,
        },
      )
    }
  }

  protected nonce(): Buffer {
    return randomBytes(12)
  }
}
