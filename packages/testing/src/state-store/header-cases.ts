import type { ContractGroup } from '../contract-suite.ts'
import { assertSame, exactlyOneWins, rejectsWith } from '../expectations.ts'
import type { StateStoreHarness } from './state-store-harness.ts'

const racers = 6

export const headerCases: ContractGroup<StateStoreHarness> = {
  name: 'header',
  cases: [
    {
      name: 'is undefined in a new store',
      async run({ first, second }) {
        assertSame(await first.readHeader(), undefined)
        assertSame(await second.readHeader(), undefined)
      },
    },
    {
      name: 'starts at version 1 and is seen by the other instance',
      async run({ first, second }) {
        await first.createHeader('{"keys":[]}')
        assertSame(await second.readHeader(), { version: 1, value: '{"keys":[]}' })
        assertSame(await first.readHeader(), { version: 1, value: '{"keys":[]}' })
      },
    },
    {
      name: 'is not created over an existing one',
      async run({ first, second }) {
        await first.createHeader('mine')
        await rejectsWith('ALREADY_EXISTS', second.createHeader('theirs'))
        await rejectsWith('ALREADY_EXISTS', first.createHeader('again'))
        assertSame(await second.readHeader(), { version: 1, value: 'mine' })
      },
    },
    {
      name: 'is created by exactly one of several racing instances',
      async run({ first, second }) {
        const races = Array.from({ length: racers }, (_, n) =>
          (n % 2 ? first : second).createHeader(`racer ${n}`),
        )
        const winner = await exactlyOneWins('ALREADY_EXISTS', races)
        assertSame(await first.readHeader(), { version: 1, value: `racer ${winner}` })
      },
    },
    {
      name: 'is replaced at the expected version, which grows by 1',
      async run({ first, second }) {
        await first.createHeader('one')
        await second.replaceHeader('two', 1)
        assertSame(await first.readHeader(), { version: 2, value: 'two' })
        await first.replaceHeader('three', 2)
        assertSame(await second.readHeader(), { version: 3, value: 'three' })
      },
    },
    {
      name: 'is not replaced at another version',
      async run({ first, second }) {
        await first.createHeader('one')
        await first.replaceHeader('two', 1)
        await rejectsWith('VERSION_CONFLICT', second.replaceHeader('late', 1))
        await rejectsWith('VERSION_CONFLICT', second.replaceHeader('early', 3))
        assertSame(await second.readHeader(), { version: 2, value: 'two' })
      },
    },
    {
      name: 'is not replaced where there is none',
      async run({ first }) {
        await rejectsWith('VERSION_CONFLICT', first.replaceHeader('one', 1))
        await rejectsWith('VERSION_CONFLICT', first.replaceHeader('one', 0))
        assertSame(await first.readHeader(), undefined)
      },
    },
    {
      name: 'is replaced by exactly one of several racing instances',
      async run({ first, second }) {
        await first.createHeader('start')
        const races = Array.from({ length: racers }, (_, n) =>
          (n % 2 ? first : second).replaceHeader(`racer ${n}`, 1),
        )
        const winner = await exactlyOneWins('VERSION_CONFLICT', races)
        assertSame(await second.readHeader(), { version: 2, value: `racer ${winner}` })
      },
    },
    {
      name: 'keeps quotes, unicode and 64 KiB exactly',
      async run({ first, second }) {
        const value = `{"quote":"'\\"","emoji":"😀","fill":"${'x'.repeat(65_536)}"}`
        await first.createHeader(value)
        assertSame((await second.readHeader())?.value, value)
      },
    },
  ],
}
