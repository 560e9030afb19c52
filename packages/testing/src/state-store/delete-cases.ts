import { strict as assert } from 'node:assert'
import type { ContractGroup } from '../contract-suite.ts'
import { assertSame, exactlyOneWins, rejectsWith } from '../expectations.ts'
import { fullRecord, sampleId, sampleRecord } from '../fixtures/sample-record.ts'
import type { StateStoreHarness } from './state-store-harness.ts'

const key = { tenantId: 'acme', id: sampleId() }

export const deleteCases: ContractGroup<StateStoreHarness> = {
  name: 'delete',
  cases: [
    {
      name: 'what was deleted is gone for both instances, from get and from every list',
      async run({ first, second }) {
        await first.create(fullRecord())
        await first.delete(key, 1)
        assertSame(await first.get('acme', key.id), undefined)
        assertSame(await second.get('acme', key.id), undefined)
        for (const filter of [
          {},
          { tenantId: 'acme' },
          { type: 'chat_bot' },
          { status: 'active' as const },
          { dueBefore: Number.MAX_SAFE_INTEGER },
          { tenantId: 'acme', labels: { team: 'support' } },
        ]) {
          assertSame((await second.list(filter, { limit: 10 })).records, [])
        }
      },
    },
    {
      name: 'refuses another version and keeps the record',
      async run({ first, second }) {
        const record = sampleRecord({ version: 2 })
        await first.create(sampleRecord())
        await first.replace(record)
        for (const version of [1, 3, 0]) await rejectsWith('VERSION_CONFLICT', second.delete(key, version))
        assertSame(await first.get('acme', key.id), record)
      },
    },
    {
      name: 'refuses a record that is not there, also after it was deleted',
      async run({ first, second }) {
        await rejectsWith('VERSION_CONFLICT', first.delete(key, 1))
        await first.create(sampleRecord())
        await second.delete(key, 1)
        await rejectsWith('VERSION_CONFLICT', first.delete(key, 1))
      },
    },
    {
      name: 'touches no other record',
      async run({ first, second }) {
        const neighbour = sampleRecord({ id: sampleId(1) })
        const namesake = sampleRecord({ scope: { tenantId: 'other' } })
        for (const record of [sampleRecord(), neighbour, namesake]) await first.create(record)
        await second.delete(key, 1)
        assertSame(await first.get('acme', neighbour.id), neighbour)
        assertSame(await first.get('other', namesake.id), namesake)
        assertSame((await first.list({}, { limit: 10 })).records.length, 2)
      },
    },
    {
      name: 'exactly one of a racing delete and replace wins',
      async run({ first, second }) {
        await first.create(sampleRecord())
        const next = sampleRecord({ version: 2 })
        const winner = await exactlyOneWins('VERSION_CONFLICT', [
          first.delete(key, 1),
          second.replace(next),
          second.delete(key, 1),
          first.replace(next),
        ])
        const stored = await first.get('acme', key.id)
        if (winner % 2 === 0) assert.equal(stored, undefined)
        else assertSame(stored, next)
      },
    },
  ],
}
