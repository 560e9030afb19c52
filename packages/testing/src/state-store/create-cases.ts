import type { ContractGroup } from '../contract-suite.ts'
import { assertSame, exactlyOneWins, rejectsWith } from '../expectations.ts'
import { fullRecord, sampleId, sampleRecord } from '../fixtures/sample-record.ts'
import type { StateStoreHarness } from './state-store-harness.ts'

const racers = 8

export const createCases: ContractGroup<StateStoreHarness> = {
  name: 'create and get',
  cases: [
    {
      name: 'what was created is seen by both instances at once',
      async run({ first, second }) {
        const record = fullRecord()
        await first.create(record)
        assertSame(await second.get('acme', record.id), record)
        assertSame(await first.get('acme', record.id), record)
      },
    },
    {
      name: 'an unknown id is undefined',
      async run({ first }) {
        await first.create(sampleRecord())
        assertSame(await first.get('acme', sampleId(1)), undefined)
      },
    },
    {
      name: 'another tenant does not see it',
      async run({ first, second }) {
        const record = sampleRecord()
        await first.create(record)
        assertSame(await second.get('other', record.id), undefined)
        assertSame(await second.get('', record.id), undefined)
      },
    },
    {
      name: 'the same id in another tenant is another record',
      async run({ first, second }) {
        const mine = sampleRecord({ name: 'mine' })
        const theirs = sampleRecord({ scope: { tenantId: 'other' }, name: 'theirs' })
        await first.create(mine)
        await second.create(theirs)
        assertSame(await second.get('acme', mine.id), mine)
        assertSame(await first.get('other', mine.id), theirs)
      },
    },
    {
      name: 'a taken id is refused and keeps its record',
      async run({ first, second }) {
        const record = sampleRecord()
        await first.create(record)
        await rejectsWith('ALREADY_EXISTS', second.create({ ...record, name: 'usurper' }))
        assertSame(await first.get('acme', record.id), record)
      },
    },
    {
      name: 'a version other than 1 is refused and nothing is stored',
      async run({ first }) {
        for (const version of [0, 2, -1]) {
          await rejectsWith('INPUT_INVALID', first.create(sampleRecord({ version })))
        }
        assertSame(await first.get('acme', sampleId()), undefined)
      },
    },
    {
      name: 'exactly one of several racing creates of one id wins',
      async run({ first, second }) {
        const records = Array.from({ length: racers }, (_, n) => sampleRecord({ name: `racer ${n}` }))
        const races = records.map((record, n) => (n % 2 ? first : second).create(record))
        const winner = await exactlyOneWins('ALREADY_EXISTS', races)
        assertSame(await first.get('acme', sampleId()), records[winner])
      },
    },
    {
      name: 'changing what was put or got changes nothing that is stored',
      async run({ first, second }) {
        const original = fullRecord()
        const put = structuredClone(original)
        await first.create(put)
        vandalize(put)
        assertSame(await first.get('acme', original.id), original)
        vandalize(await first.get('acme', original.id))
        assertSame(await first.get('acme', original.id), original)
        assertSame(await second.get('acme', original.id), original)
        const replacement = { ...structuredClone(original), version: 2 }
        await first.replace(replacement)
        vandalize(replacement)
        vandalize((await first.list({}, { limit: 10 })).records[0])
        assertSame(await first.get('acme', original.id), { ...original, version: 2 })
      },
    },
  ],
}

function vandalize(value: unknown): void {
  if (value instanceof Uint8Array) value.fill(0xff)
  else if (Array.isArray(value)) value.splice(0)
  else if (typeof value === 'object' && value !== null) {
    for (const [name, field] of Object.entries(value)) {
      if (typeof field === 'object') vandalize(field)
      else if (!Object.isFrozen(value)) (value as Record<string, unknown>)[name] = 'vandalized'
    }
  }
}
