import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import type { Checksum, SourceData } from '@smithy/types'

/** SHA-256, or HMAC-SHA-256 where a key is given, as the signer wants it: by Node's crypto. */
export class NodeSha256 implements Checksum {
  readonly #key: Uint8Array | string | undefined
  #hash: Hash | Hmac

  constructor(key?: SourceData) {
    this.#key = key === undefined ? undefined : bytesOf(key)
    this.#hash = this.#fresh()
  }

  update(data: SourceData): void {
    this.#hash.update(bytesOf(data))
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {
    this.#hash = this.#fresh()
  }

  #fresh(): Hash | Hmac {
    return this.#key === undefined ? createHash('sha256') : createHmac('sha256', this.#key)
  }
}

function bytesOf(data: SourceData): Uint8Array | string {
  if (typeof data === 'string') return data
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data)
}
