import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { KeyWrapperHarness } from '../../src/index.ts'
import { LocalKeyWrapper } from './local-key-wrapper.ts'
import type { Mutant } from './mutant.ts'

type WrapperClass = new (name: string, key: Buffer) => LocalKeyWrapper

/** Two wrappers of one key and one of another. */
export async function openWrappers(Wrapper: WrapperClass = LocalKeyWrapper): Promise<KeyWrapperHarness> {
  const key = randomBytes(32)
  return {
    first: new Wrapper('local key 1', key),
    second: new Wrapper('local key 1', key),
    foreign: new Wrapper('local key 2', randomBytes(32)),
  }
}

function mutant(name: string, caughtBy: string, Wrapper: WrapperClass): Mutant<KeyWrapperHarness> {
  return { name, caughtBy, open: () => openWrappers(Wrapper) }
}

export const keyWrapperMutants: readonly Mutant<KeyWrapperHarness>[] = [
  mutant(
    'a wrapped key is the data key in base64',
    'the wrapped key does not contain the data key, and no two wraps are the same',
    class extends LocalKeyWrapper {
      override async wrap(dataKey: Uint8Array) {
        return Buffer.from(Buffer.from(dataKey).toString('base64'))
      }
      override async unwrap(wrapped: Uint8Array) {
        return Buffer.from(Buffer.from(wrapped).toString(), 'base64')
      }
    },
  ),
  mutant(
    'the nonce is always the same',
    'the wrapped key does not contain the data key, and no two wraps are the same',
    class extends LocalKeyWrapper {
      protected override nonce() {
        return Buffer.alloc(12)
      }
    },
  ),
  mutant(
    'a wrapped key is encrypted but not authenticated',
    'a wrapped key that was changed or cut is refused with DECRYPTION_FAILED',
    class extends LocalKeyWrapper {
      override async wrap(dataKey: Uint8Array) {
        const nonce = randomBytes(16)
        return Buffer.concat([nonce, createCipheriv('aes-256-ctr', this.key, nonce).update(dataKey)])
      }
      override async unwrap(wrapped: Uint8Array) {
        const decipher = createDecipheriv('aes-256-ctr', this.key, wrapped.subarray(0, 16))
        return decipher.update(wrapped.subarray(16))
      }
    },
  ),
  mutant(
    'unwrapping hands out a buffer that it keeps',
    'every unwrap returns a buffer of its own',
    class extends LocalKeyWrapper {
      #kept: Uint8Array | undefined
      override async unwrap(wrapped: Uint8Array) {
        this.#kept ??= await super.unwrap(wrapped)
        return this.#kept
      }
    },
  ),
  mutant(
    'wrapping zeroes the caller’s data key',
    'wrapping leaves the caller’s data key as it was',
    class extends LocalKeyWrapper {
      override async wrap(dataKey: Uint8Array) {
        const wrapped = await super.wrap(dataKey)
        dataKey.fill(0)
        return wrapped
      }
    },
  ),
  mutant(
    'an error shows the wrapped key',
    'an error does not carry the wrapped key',
    class extends LocalKeyWrapper {
      override async unwrap(wrapped: Uint8Array) {
        return super.unwrap(wrapped).catch(error => {
          error.message += Buffer.from(wrapped).toString('base64')
          throw error
        })
      }
    },
  ),
  mutant(
    'a refusal is a bare error',
    'a key that another wrapping key wrapped is refused with DECRYPTION_FAILED',
    class extends LocalKeyWrapper {
      override async unwrap(wrapped: Uint8Array) {
        return super.unwrap(wrapped).catch(error => Promise.reject(error.cause))
      }
    },
  ),
]
