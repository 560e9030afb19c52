import { strict as assert } from 'node:assert'
import type { CredentialRecord, ListFilter, StateStore } from '@nebula-credential/core'
import type { ContractCase, ContractGroup } from '../contract-suite.ts'
import { assertSame, rejectsWith } from '../expectations.ts'
import { fullRecord, sampleId, sampleRecord } from '../fixtures/sample-record.ts'
import type { StateStoreHarness } from './state-store-harness.ts'

const records: readonly CredentialRecord[] = [
  listed(0, { dueAt: 1_000, labels: { team: 'support', stage: 'prod' } }),
  listed(1, { dueAt: 2_000, labels: { team: 'support' }, status: 'failed' }),
  listed(2, { type: 'api_key', id: sampleId(2, 'api_key'), labels: { team: 'sales', stage: 'prod' } }),
  listed(3, { status: 'revoked', dueAt: 500 }),
  listed(4, { scope: { tenantId: 'beta' }, dueAt: 1_500, labels: { team: 'support' } }),
  listed(5, { scope: { tenantId: 'beta' }, type: 'api_key', id: sampleId(5, 'api_key') }),
]

export const listCases: ContractGroup<StateStoreHarness> = {
  name: 'list',
  cases: [
    {
      name: 'an empty store lists nothing and has no next page',
      async run({ first }) {
        assertSame(await first.list({}, { limit: 10 }), { records: [] })
      },
    },
    {
      name: 'lists records without their state, and all else as stored',
      async run({ first, second }) {
        const record = fullRecord()
        await first.create(record)
        const [summary] = (await second.list({}, { limit: 10 })).records
        const { state: _state, ...expected } = record
        assertSame(summary, expected)
        assert.ok(summary && !('state' in summary), 'a list must not carry states')
      },
    },
    finds('everything, over all tenants', {}, [2, 0, 1, 3, 5, 4]),
    finds('by tenant', { tenantId: 'beta' }, [5, 4]),
    finds('nothing for an unknown tenant', { tenantId: 'bet' }, []),
    finds('by type, over all tenants', { type: 'api_key' }, [2, 5]),
    finds('by status', { status: 'failed' }, [1]),
    finds(
      'the most overdue first, that instant included, no record without due time',
      { dueBefore: 1_500 },
      [3, 0, 4],
    ),
    finds('by due time, excluding what is due 1 ms later', { dueBefore: 1_499 }, [3, 0]),
    finds('nothing that is due before the epoch', { dueBefore: -1 }, []),
    finds('by one label', { tenantId: 'acme', labels: { team: 'support' } }, [0, 1]),
    finds('by all of several labels', { tenantId: 'acme', labels: { team: 'support', stage: 'prod' } }, [0]),
    finds('no record with another value of the label', { tenantId: 'acme', labels: { team: 'suppor' } }, []),
    finds('no record without the label', { tenantId: 'acme', labels: { region: 'eu' } }, []),
    finds('every record of the tenant by no labels', { tenantId: 'acme', labels: {} }, [2, 0, 1, 3]),
    finds('labels within the tenant only', { tenantId: 'beta', labels: { team: 'support' } }, [4]),
    finds('by tenant and type', { tenantId: 'acme', type: 'chat_bot' }, [0, 1, 3]),
    finds('by tenant and due time', { tenantId: 'acme', dueBefore: 1_500 }, [3, 0]),
    finds('by status and due time, over all tenants', { status: 'active', dueBefore: 1_500 }, [0, 4]),
    finds('by type, status and due time', { type: 'chat_bot', status: 'active', dueBefore: 1_000 }, [0]),
    finds(
      'by all parts of a filter at once',
      {
        ...{ tenantId: 'acme', type: 'chat_bot', status: 'failed', dueBefore: 2_000 },
        labels: { team: 'support' },
      },
      [1],
    ),
    {
      name: 'refuses labels without a tenant',
      async run({ first }) {
        await rejectsWith('INPUT_INVALID', first.list({ labels: { team: 'support' } }, { limit: 10 }))
      },
    },
    {
      name: 'finds by what a replace changed',
      async run({ first, second }) {
        await createAll(first)
        await first.replace({ ...(records[0] as CredentialRecord), version: 2, status: 'revoked', dueAt: 90 })
        assert.deepEqual(await namesOf(second, { status: 'revoked' }), ['record 0', 'record 3'])
        assert.deepEqual(await namesOf(second, { dueBefore: 90 }), ['record 0'])
        assert.deepEqual(await namesOf(second, { tenantId: 'acme', status: 'active' }), ['record 2'])
      },
    },
  ],
}

function listed(number: number, overrides: Partial<CredentialRecord>): CredentialRecord {
  return sampleRecord({ id: sampleId(number), name: `record ${number}`, ...overrides })
}

function finds(
  what: string,
  filter: ListFilter,
  expected: readonly number[],
): ContractCase<StateStoreHarness> {
  return {
    name: `finds ${what}`,
    async run({ first, second }) {
      await createAll(first)
      assert.deepEqual(
        await namesOf(second, filter),
        expected.map(number => `record ${number}`),
      )
    },
  }
}

async function createAll(store: StateStore): Promise<void> {
  // Not in the order in which they are listed.
  for (const record of records.toReversed()) await store.create(record)
}

async function namesOf(store: StateStore, filter: ListFilter): Promise<readonly string[]> {
  return (await store.list(filter, { limit: 100 })).records.map(record => record.name)
}
