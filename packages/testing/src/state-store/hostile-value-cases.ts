import { strict as assert } from 'node:assert'
import type { ContractGroup } from '../contract-suite.ts'
import { assertSame } from '../expectations.ts'
import { sampleId, sampleRecord } from '../fixtures/sample-record.ts'
import type { StateStoreHarness } from './state-store-harness.ts'

/** Tenants that a careless key, pattern or collation takes for one another. */
const similarTenants = [
  ...[
    'a',
    'A',
    'a:b',
    'a%',
    'a_',
    'ab',
    'a b',
    'a/b',
    'a\\b',
    '../a',
    'a{b}',
    '{a}',
    "a'b",
    'a"b',
    'a*',
    '[a]',
  ],
  ...['1:a', '1:a:', 'é', 'e\u0301', 'ａ', '😀', '\ud83d\ude01', '__proto__', 'constructor', 'null', '%00'],
  ...["'; DROP TABLE credentials; --", 'a'.repeat(200), 'a'.repeat(199)],
]

const hostileTexts = [
  ...[
    "it's",
    'say "hi"',
    'back\\slash',
    '%',
    '_',
    '{}',
    '{{x}}',
    '$1',
    '?',
    ':id',
    '\n',
    'a\r\nb\tc',
    ' ',
    '',
  ],
  ...['`id`', "'); DELETE FROM credentials; --", '*', '[a-z]', 'null', '\u200b', '\u2028'],
]

const hostileLabelNames = [
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', ' ', 'a.b', 'a"b', "a'b", 'a:b', 'a=b'],
  ...['%', '_', '$', '{}', '\n', '*', 'é', 'e\u0301', 'length', '0'],
]

export const hostileValueCases: ContractGroup<StateStoreHarness> = {
  name: 'hostile values',
  cases: [
    {
      name: 'tenants with similar names never see or touch each other',
      async run({ first, second }) {
        const id = sampleId()
        for (const tenantId of similarTenants) {
          await first.create(sampleRecord({ scope: { tenantId }, name: `of ${tenantId}` }))
        }
        for (const tenantId of similarTenants) {
          assertSame((await second.get(tenantId, id))?.name, `of ${tenantId}`)
          const { records } = await second.list({ tenantId }, { limit: 100 })
          assert.deepEqual(
            records.map(record => record.name),
            [`of ${tenantId}`],
          )
        }
        await first.delete({ tenantId: 'a', id }, 1)
        assert.equal((await second.list({}, { limit: 1_000 })).records.length, similarTenants.length - 1)
      },
    },
    {
      name: 'pages walk over tenants of any name',
      async run({ first, second }) {
        for (const tenantId of similarTenants) await first.create(sampleRecord({ scope: { tenantId } }))
        const seen: string[] = []
        let cursor: string | undefined
        do {
          const page = await second.list({}, { limit: 4, ...(cursor !== undefined && { cursor }) })
          seen.push(...page.records.map(record => record.scope.tenantId))
          cursor = page.cursor
        } while (cursor !== undefined && seen.length <= similarTenants.length)
        assert.deepEqual(seen.toSorted(), similarTenants.toSorted())
      },
    },
    {
      name: 'names and label values of any text come back exactly, and are found exactly',
      async run({ first, second }) {
        for (const [number, text] of hostileTexts.entries()) {
          await first.create(sampleRecord({ id: sampleId(number), name: text, labels: { text } }))
        }
        for (const [number, text] of hostileTexts.entries()) {
          assertSame((await second.get('acme', sampleId(number)))?.name, text)
          const found = await second.list({ tenantId: 'acme', labels: { text } }, { limit: 100 })
          assert.deepEqual(
            found.records.map(record => record.id),
            [sampleId(number)],
            `label value ${JSON.stringify(text)}`,
          )
        }
      },
    },
    {
      name: 'label names of any text are kept and found, prototype keys included',
      async run({ first, second }) {
        const bare = sampleRecord({ id: sampleId(1_000) })
        await first.create(bare)
        for (const [number, label] of hostileLabelNames.entries()) {
          await first.create(sampleRecord({ id: sampleId(number), labels: ownLabel(label, 'x') }))
        }
        for (const [number, label] of hostileLabelNames.entries()) {
          const stored = await second.get('acme', sampleId(number))
          assertSame(stored?.labels, ownLabel(label, 'x'))
          const filter = { tenantId: 'acme', labels: ownLabel(label, 'x') }
          const found = await second.list(filter, { limit: 100 })
          assert.deepEqual(
            found.records.map(record => record.id),
            [sampleId(number)],
            `label name ${JSON.stringify(label)}`,
          )
        }
        assert.equal(({} as Record<string, unknown>).x, undefined, 'no prototype may be polluted')
      },
    },
    {
      name: 'very long names, labels and actors come back exactly',
      async run({ first, second }) {
        const long = 'näme '.repeat(2_000)
        const record = sampleRecord({
          name: long,
          labels: { long },
          scope: { tenantId: 'acme', userId: long },
        })
        await first.create(record)
        assertSame(await second.get('acme', record.id), record)
        await second.updateMetadata({ tenantId: 'acme', id: record.id }, record, 1, record.updatedAt)
        assertSame(await first.get('acme', record.id), { ...record, version: 2 })
      },
    },
    {
      name: 'many labels come back exactly',
      async run({ first, second }) {
        const labels = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`label ${n}`, `value ${n}`]))
        await first.create(sampleRecord({ labels }))
        assertSame((await second.get('acme', sampleId()))?.labels, labels)
        const filter = { tenantId: 'acme', labels: { 'label 99': 'value 99', 'label 0': 'value 0' } }
        assert.equal((await second.list(filter, { limit: 10 })).records.length, 1)
      },
    },
    {
      name: 'ids of any text are told apart',
      async run({ first, second }) {
        const ids = ['a', 'A', 'a:b', 'a%', "a'b", 'a/b', '../a', '{a}', '__proto__'] as never[]
        for (const id of ids) await first.create(sampleRecord({ id, name: id }))
        for (const id of ids) assertSame((await second.get('acme', id))?.name, id)
      },
    },
  ],
}

/** A label as its own property, even where its name is `__proto__`. */
function ownLabel(name: string, value: string): Record<string, string> {
  return Object.fromEntries([[name, value]])
}
