import { strict as assert } from 'node:assert'
import type { CredentialRecord, RecordMetadata } from '@nebula-credential/core'
import type { ContractGroup } from '../contract-suite.ts'
import { assertSame, exactlyOneWins, rejectsWith } from '../expectations.ts'
import { fullRecord, sampleId, sampleInstant, sampleRecord } from '../fixtures/sample-record.ts'
import type { StateStoreHarness } from './state-store-harness.ts'

const racers = 8
const later = sampleInstant + 5_000
const key = { tenantId: 'acme', id: sampleId() }

export const metadataCases: ContractGroup<StateStoreHarness> = {
  name: 'metadata update',
  cases: [
    {
      name: 'sets every metadata field, adds 1 to the version, and keeps sealed fields and state byte for byte',
      async run({ first, second }) {
        const state = Uint8Array.from({ length: 512 }, (_, n) => n % 256)
        const bare = sampleRecord({ state, generation: 4, stateVersion: 2, shares: [{ userId: 'bob' }] })
        await first.create(bare)
        const metadata = metadataOf(fullRecord({ name: 'Renamed' }))
        await second.updateMetadata(key, metadata, 1, later)
        const stored = await first.get('acme', key.id)
        assertSame(stored, { ...bare, ...metadata, version: 2, updatedAt: later })
        assert.deepEqual([...(stored?.state ?? [])], [...state])
      },
    },
    {
      name: 'clears what is undefined or left out',
      async run({ first, second }) {
        const full = fullRecord()
        await first.create(full)
        await first.updateMetadata(key, { name: 'Bare', labels: {}, dueAt: undefined }, 1, later)
        const { scope, shares, stateVersion, generation, state } = full
        assertSame(
          await second.get('acme', key.id),
          sampleRecord({
            ...{ scope, shares, stateVersion, generation, state },
            ...{ name: 'Bare', version: 2, updatedAt: later },
          }),
        )
      },
    },
    {
      name: 'writes metadata only, even where it is handed a whole record',
      async run({ first, second }) {
        const record = sampleRecord()
        await first.create(record)
        const whole = fullRecord({ status: 'revoked', state: Uint8Array.of(0), createdAt: 1, version: 90 })
        await first.updateMetadata(key, whole, 1, later)
        const expected = { ...record, ...metadataOf(whole), version: 2, updatedAt: later }
        assertSame(await second.get('acme', key.id), expected)
      },
    },
    {
      name: 'refuses another version and a record that is not there, and changes nothing',
      async run({ first, second }) {
        const record = sampleRecord()
        await first.create(record)
        const metadata = { name: 'Renamed', labels: {} }
        for (const version of [0, 2, 3]) {
          await rejectsWith('VERSION_CONFLICT', second.updateMetadata(key, metadata, version, later))
        }
        const missing = { tenantId: 'acme', id: sampleId(1) }
        await rejectsWith('VERSION_CONFLICT', second.updateMetadata(missing, metadata, 1, later))
        const foreign = { tenantId: 'other', id: record.id }
        await rejectsWith('VERSION_CONFLICT', second.updateMetadata(foreign, metadata, 1, later))
        assertSame(await first.get('acme', key.id), record)
        assertSame(await first.get('acme', missing.id), undefined)
      },
    },
    {
      name: 'exactly one of several racing updates and replaces wins',
      async run({ first, second }) {
        await first.create(sampleRecord())
        const races = Array.from({ length: racers }, (_, n) => {
          const store = n % 4 < 2 ? first : second
          const name = `racer ${n}`
          return n % 2
            ? store.updateMetadata(key, { name, labels: {} }, 1, later)
            : store.replace(sampleRecord({ name, version: 2, updatedAt: later }))
        })
        const winner = await exactlyOneWins('VERSION_CONFLICT', races)
        const expected = sampleRecord({ name: `racer ${winner}`, version: 2, updatedAt: later })
        assertSame(await first.get('acme', key.id), expected)
      },
    },
    {
      name: 'is what lists find by from then on',
      async run({ first, second }) {
        await first.create(sampleRecord({ dueAt: 1_000, labels: { team: 'old', stage: 'prod' } }))
        const labels = { team: 'new' }
        await first.updateMetadata(key, { name: 'n', labels, dueAt: 9_000 }, 1, later)
        const page = { limit: 10 }
        const count = async (filter: Parameters<typeof second.list>[0]) =>
          (await second.list(filter, page)).records.length
        assert.equal(await count({ dueBefore: 8_999 }), 0)
        assert.equal(await count({ dueBefore: 9_000 }), 1)
        assert.equal(await count({ tenantId: 'acme', labels }), 1)
        assert.equal(await count({ tenantId: 'acme', labels: { team: 'old' } }), 0)
        assert.equal(await count({ tenantId: 'acme', labels: { stage: 'prod' } }), 0)
      },
    },
  ],
}

function metadataOf(record: CredentialRecord): RecordMetadata {
  const { name, labels, expiresAt, dueAt, intent, coolOff, rotation, failure } = record
  return { name, labels, expiresAt, dueAt, intent, coolOff, rotation, failure }
}
