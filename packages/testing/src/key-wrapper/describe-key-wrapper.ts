import { strict as assert } from 'node:assert'
import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import type { KeyWrapper } from '@nebula-credential/core'
import type { ContractGroup, ContractSuite, Harness } from '../contract-suite.ts'
import { describeSuite } from '../describe-suite.ts'
import { rejectsWith } from '../expectations.ts'

/** Two wrappers of one wrapping key, as two processes would open them, and one of another key. */
export interface KeyWrapperHarness extends Harness {
  readonly first: KeyWrapper
  readonly second: KeyWrapper
  readonly foreign: KeyWrapper
  /** Makes the service unreachable. Without it that case is skipped. */
  breakBackend?(): Promise<void>
}

const wrappingCases: ContractGroup<KeyWrapperHarness> = {
  name: 'wrapping',
  cases: [
    {
      name: 'what one instance wrapped, both unwrap',
      async run({ first, second }) {
        const dataKey = randomBytes(32)
        const wrapped = await first.wrap(dataKey)
        assert.deepEqual([...(await second.unwrap(wrapped))], [...dataKey])
        assert.deepEqual([...(await first.unwrap(wrapped))], [...dataKey])
      },
    },
    {
      name: 'keys of zeros and of ones survive',
      async run({ first, second }) {
        for (const dataKey of [new Uint8Array(32), new Uint8Array(32).fill(0xff)]) {
          assert.deepEqual([...(await second.unwrap(await first.wrap(dataKey)))], [...dataKey])
        }
      },
    },
    {
      name: 'the wrapped key does not contain the data key, and no two wraps are the same',
      async run({ first }) {
        const dataKey = randomBytes(32)
        const once = Buffer.from(await first.wrap(dataKey))
        const twice = Buffer.from(await first.wrap(dataKey))
        assert.ok(!once.includes(dataKey), 'the data key stands in the wrapped key')
        for (const encoding of ['hex', 'base64', 'base64url'] as const) {
          assert.ok(!once.includes(dataKey.toString(encoding)), `the data key stands there in ${encoding}`)
        }
        assert.ok(!once.equals(twice), 'the same wrap twice tells that two data keys are the same')
      },
    },
    {
      name: 'wrapping leaves the caller’s data key as it was',
      async run({ first }) {
        const dataKey = randomBytes(32)
        const before = Buffer.from(dataKey)
        await first.wrap(dataKey)
        assert.ok(before.equals(dataKey))
      },
    },
    {
      name: 'every unwrap returns a buffer of its own',
      async run({ first }) {
        const dataKey = randomBytes(32)
        const wrapped = await first.wrap(dataKey)
        ;(await first.unwrap(wrapped)).fill(0)
        assert.deepEqual([...(await first.unwrap(wrapped))], [...dataKey])
      },
    },
    {
      name: 'a wrapped key that was changed or cut is refused with DECRYPTION_FAILED',
      async run({ first }) {
        const wrapped = await first.wrap(randomBytes(32))
        const positions = [wrapped.length >> 1, wrapped.length - 1]
        for (const position of positions) {
          const changed = Uint8Array.from(wrapped)
          changed[position] = (changed[position] as number) ^ 1
          await rejectsWith('DECRYPTION_FAILED', first.unwrap(changed))
        }
        await rejectsWith('DECRYPTION_FAILED', first.unwrap(wrapped.subarray(0, -1)))
        await rejectsWith('DECRYPTION_FAILED', first.unwrap(new Uint8Array(0)))
        await rejectsWith('DECRYPTION_FAILED', first.unwrap(randomBytes(64)))
      },
    },
    {
      name: 'a key that another wrapping key wrapped is refused with DECRYPTION_FAILED',
      async run({ first, foreign }) {
        await rejectsWith('DECRYPTION_FAILED', first.unwrap(await foreign.wrap(randomBytes(32))))
        await rejectsWith('DECRYPTION_FAILED', foreign.unwrap(await first.wrap(randomBytes(32))))
      },
    },
    {
      name: 'an error does not carry the wrapped key',
      async run({ first }) {
        const wrapped = randomBytes(64)
        const error = await rejectsWith('DECRYPTION_FAILED', first.unwrap(wrapped))
        const shown = inspect(error, { depth: 10 })
        assert.ok(!shown.includes(wrapped.toString('base64')) && !shown.includes(wrapped.toString('hex')))
      },
    },
    {
      name: 'wrappers of one key have one name, another key has another',
      async run({ first, second, foreign }) {
        assert.equal(second.name, first.name)
        assert.notEqual(foreign.name, first.name)
      },
    },
    {
      name: 'wrap and unwrap reject with STORAGE_UNAVAILABLE when the service cannot be reached',
      skip: ({ breakBackend }) =>
        breakBackend === undefined ? 'the harness offers no breakBackend' : undefined,
      async run({ first, breakBackend }) {
        const wrapped = await first.wrap(randomBytes(32))
        await breakBackend?.()
        await rejectsWith('STORAGE_UNAVAILABLE', first.wrap(randomBytes(32)))
        await rejectsWith('STORAGE_UNAVAILABLE', first.unwrap(wrapped))
      },
    },
  ],
}

/** What a KeyWrapper must do, as data. */
export const keyWrapperSuite: ContractSuite<KeyWrapperHarness> = {
  port: 'KeyWrapper',
  groups: [wrappingCases],
}

export function describeKeyWrapper(name: string, open: () => Promise<KeyWrapperHarness>): void {
  describeSuite(name, keyWrapperSuite, open)
}
