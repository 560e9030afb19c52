import { strict as assert } from 'node:assert'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CredentialRecord, StateStore } from '@nebula-credential/core'
import { isCredentialError } from '@nebula-credential/core'
import type { ContractGroup } from '../contract-suite.ts'
import { assertSame, exactlyOneWins, rejectsWith } from '../expectations.ts'
import { fullRecord, sampleId, sampleRecord } from '../fixtures/sample-record.ts'
import type { StateStoreHarness } from './state-store-harness.ts'

const racers = 8
const incrementsEach = 10
const maximumAttempts = 500

export const replaceCases: ContractGroup<StateStoreHarness> = {
  name: 'replace',
  cases: [
    {
      name: 'replaces every field of the version before it',
      async run({ first, second }) {
        await first.create(sampleRecord())
        const next = fullRecord({ version: 2, state: Uint8Array.of(9, 9), updatedAt: 1_800_000_000_000 })
        await second.replace(next)
        assertSame(await first.get('acme', next.id), next)
      },
    },
    {
      name: 'clears what the new record leaves out',
      async run({ first, second }) {
        await first.create(fullRecord())
        const next = sampleRecord({ version: 2, expiresAt: undefined })
        await first.replace(next)
        assertSame(await second.get('acme', next.id), next)
        assertSame((await second.list({ dueBefore: Number.MAX_SAFE_INTEGER }, { limit: 10 })).records, [])
      },
    },
    {
      name: 'refuses a version that does not follow the stored one, and changes nothing',
      async run({ first, second }) {
        await first.create(sampleRecord())
        const stored = sampleRecord({ version: 2, name: 'second' })
        await first.replace(stored)
        for (const version of [1, 2, 4, 0]) {
          await rejectsWith('VERSION_CONFLICT', second.replace(sampleRecord({ version, name: 'stale' })))
        }
        assertSame(await second.get('acme', stored.id), stored)
      },
    },
    {
      name: 'refuses a record that is not there, and creates none',
      async run({ first }) {
        for (const version of [1, 2]) {
          await rejectsWith('VERSION_CONFLICT', first.replace(sampleRecord({ version })))
        }
        assertSame(await first.get('acme', sampleId()), undefined)
      },
    },
    {
      name: 'touches no other record',
      async run({ first, second }) {
        const neighbour = sampleRecord({ id: sampleId(1) })
        const namesake = sampleRecord({ scope: { tenantId: 'other' } })
        for (const record of [sampleRecord(), neighbour, namesake]) await first.create(record)
        await second.replace(sampleRecord({ version: 2, name: 'changed' }))
        assertSame(await first.get('acme', neighbour.id), neighbour)
        assertSame(await first.get('other', namesake.id), namesake)
      },
    },
    {
      name: 'exactly one of several racing replaces wins',
      async run({ first, second }) {
        await first.create(sampleRecord())
        const records = Array.from({ length: racers }, (_, n) =>
          sampleRecord({ version: 2, name: `racer ${n}`, state: Uint8Array.of(n) }),
        )
        const races = records.map((record, n) => (n % 2 ? first : second).replace(record))
        const winner = await exactlyOneWins('VERSION_CONFLICT', races)
        assertSame(await first.get('acme', sampleId()), records[winner])
      },
    },
    {
      name: 'a refused write does not spoil the next one',
      async run({ first }) {
        await first.create(sampleRecord())
        await rejectsWith('VERSION_CONFLICT', first.replace(sampleRecord({ version: 3 })))
        const next = sampleRecord({ version: 2, name: 'second' })
        await first.replace(next)
        assertSame(await first.get('acme', next.id), next)
      },
    },
    {
      name: 'loses no update of two instances that write as fast as they can',
      async run({ first, second }) {
        await first.create(sampleRecord({ generation: 0 }))
        await Promise.all([first, second, first, second].map(incrementRepeatedly))
        const stored = await first.get('acme', sampleId())
        assertSame(stored?.generation, 4 * incrementsEach)
        assertSame(stored?.version, 4 * incrementsEach + 1)
      },
    },
  ],
}

async function incrementRepeatedly(store: StateStore): Promise<void> {
  let done = 0
  for (let attempt = 0; attempt < maximumAttempts && done < incrementsEach; attempt++) {
    const record = (await store.get('acme', sampleId())) as CredentialRecord
    try {
      await store.replace({ ...record, version: record.version + 1, generation: record.generation + 1 })
      done++
    } catch (error) {
      if (!isCredentialError(error, 'VERSION_CONFLICT')) throw error
      await nextTurn()
    }
  }
  assert.equal(done, incrementsEach, `no more than ${done} writes won in ${maximumAttempts} attempts`)
}
