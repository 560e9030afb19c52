import type { StateStore } from '@nebula-credential/core'
import type { ContractGroup } from '../contract-suite.ts'
import { assertSame, rejectsWith } from '../expectations.ts'
import { sampleId, sampleRecord } from '../fixtures/sample-record.ts'
import type { StateStoreHarness } from './state-store-harness.ts'

const key = { tenantId: 'acme', id: sampleId() }

/** Every method of a store, once. */
const calls: Readonly<Record<string, (store: StateStore) => Promise<unknown>>> = {
  readHeader: store => store.readHeader(),
  createHeader: store => store.createHeader('header'),
  replaceHeader: store => store.replaceHeader('header', 1),
  create: store => store.create(sampleRecord()),
  get: store => Promise.try(() => store.get(key.tenantId, key.id)),
  replace: store => store.replace(sampleRecord({ version: 2 })),
  updateMetadata: store => store.updateMetadata(key, { name: 'n', labels: {} }, 1, 1),
  delete: store => store.delete(key, 1),
  list: store => store.list({}, { limit: 10 }),
}

export const closingCases: ContractGroup<StateStoreHarness> = {
  name: 'closing',
  cases: [
    ...Object.entries(calls).map(([method, call]) => ({
      name: `${method} after close rejects with CLOSED`,
      async run({ first }: StateStoreHarness) {
        await first.close()
        await rejectsWith('CLOSED', call(first))
      },
    })),
    {
      name: 'closing twice does nothing',
      async run({ first }) {
        await first.close()
        await first.close()
        await rejectsWith(
          'CLOSED',
          Promise.try(() => first.get('acme', sampleId())),
        )
      },
    },
    {
      name: 'the other instance goes on, with all that was written',
      async run({ first, second }) {
        await first.create(sampleRecord())
        await first.close()
        assertSame(await second.get('acme', sampleId()), sampleRecord())
        await second.replace(sampleRecord({ version: 2 }))
      },
    },
  ],
}

export const unreachableCases: ContractGroup<StateStoreHarness> = {
  name: 'unreachable backend',
  cases: Object.entries(calls).map(([method, call]) => ({
    name: `${method} rejects with STORAGE_UNAVAILABLE`,
    skip: ({ breakBackend }) =>
      breakBackend === undefined ? 'the harness offers no breakBackend' : undefined,
    async run(harness: StateStoreHarness) {
      await harness.first.create(sampleRecord())
      await harness.breakBackend?.()
      await rejectsWith('STORAGE_UNAVAILABLE', call(harness.first))
      await rejectsWith('STORAGE_UNAVAILABLE', call(harness.second))
    },
  })),
}
