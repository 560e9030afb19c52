import { strict as assert } from 'node:assert'
import type { TokenCache } from '@nebula-credential/core'
import type { ContractGroup } from '../contract-suite.ts'
import { rejectsWith } from '../expectations.ts'
import { entryOf, key } from './sample-token.ts'
import type { TokenCacheHarness } from './token-cache-harness.ts'

const calls: Readonly<Record<string, (cache: TokenCache, harness: TokenCacheHarness) => Promise<unknown>>> = {
  get: cache => cache.get(key),
  set: (cache, harness) => cache.set(key, entryOf(harness, 'token'), 1),
  invalidate: cache => cache.invalidate(key, 1, 1_000),
}

export const cacheClosingCases: ContractGroup<TokenCacheHarness> = {
  name: 'closing',
  cases: [
    {
      name: 'every method after close rejects with CLOSED, and closing twice does nothing',
      async run(harness) {
        await harness.first.close()
        await harness.first.close()
        for (const call of Object.values(calls)) await rejectsWith('CLOSED', call(harness.first, harness))
      },
    },
    {
      name: 'the other instance goes on',
      async run(harness) {
        await harness.first.set(key, entryOf(harness, 'token'), 1)
        await harness.first.close()
        assert.ok(await harness.second.get(key))
      },
    },
    {
      name: 'every method rejects with STORAGE_UNAVAILABLE when the backend cannot be reached',
      skip: ({ breakBackend }) =>
        breakBackend === undefined ? 'the harness offers no breakBackend' : undefined,
      async run(harness) {
        await harness.breakBackend?.()
        for (const call of Object.values(calls)) {
          await rejectsWith('STORAGE_UNAVAILABLE', call(harness.first, harness))
        }
      },
    },
  ],
}
