import { strict as assert } from 'node:assert'
import type { CredentialRecord } from '@nebula-credential/core'
import type { ContractCase, ContractGroup } from '../contract-suite.ts'
import { assertSame } from '../expectations.ts'
import { fullRecord, sampleInstant, sampleRecord } from '../fixtures/sample-record.ts'
import type { StateStoreHarness } from './state-store-harness.ts'

const farFuture = 8_640_000_000_000_000
const statuses = ['uninitialized', 'pending', 'authenticating', 'active', 'revoked', 'failed'] as const
const failureKinds = ['terminal', 'config', 'transient', 'unknown', 'contention', 'storage'] as const

export const roundTripCases: ContractGroup<StateStoreHarness> = {
  name: 'round trip',
  cases: [
    roundTrip('a record with only what every record has', sampleRecord()),
    roundTrip('a record with every field set', fullRecord()),
    roundTrip('fields that are set to undefined', {
      ...sampleRecord({ scope: { tenantId: 'acme', workflowId: undefined, tags: undefined } }),
      ...{ expiresAt: undefined, dueAt: undefined, intent: undefined, failure: undefined },
    }),
    roundTrip('empty labels, tags, shares and name', {
      ...sampleRecord({ name: '', labels: {}, shares: [], scope: { tenantId: 'acme', tags: [] } }),
    }),
    roundTrip('the order of tags and shares', {
      ...sampleRecord({
        scope: { tenantId: 'acme', tags: ['z', 'a', 'm'] },
        shares: [{ userId: 'z' }, { workflowId: 'a' }, { userId: 'a' }],
      }),
    }),
    roundTrip('unicode of all planes, combining marks and right-to-left text', {
      ...sampleRecord({
        name: 'Ünïcödé 😀 日本語 עברית',
        labels: { 'cle\u0301': 'composed é', clé: 'decomposed e\u0301', '😀': '🏳️‍🌈' },
      }),
    }),
    ...statuses.map(status => roundTrip(`status ${status}`, sampleRecord({ status }))),
    ...failureKinds.map(kind =>
      roundTrip(`a cool-off of kind ${kind}`, sampleRecord({ coolOff: { kind, attempts: 1, retryAt: 1 } })),
    ),
    ...(['scheduled', 'rotating', 'grace'] as const).map(phase =>
      roundTrip(`rotation phase ${phase}`, sampleRecord({ rotation: { phase } })),
    ),
    roundTrip('a scheduled rotation with its start', {
      ...sampleRecord({ rotation: { phase: 'scheduled', notBefore: sampleInstant } }),
    }),
    roundTrip('an intent of a first attempt', {
      ...sampleRecord({
        intent: { attemptId: 'a', generation: 0, outbox: '', notAfter: 0, afterUnknown: false },
      }),
    }),
    roundTrip('a rejected failure', sampleRecord({ failure: { cause: 'rejected', at: 0 } })),
    roundTrip('instants from the epoch to the end of time', {
      ...sampleRecord({ createdAt: 0, updatedAt: farFuture, expiresAt: farFuture, dueAt: 0 }),
    }),
    roundTrip('large counters', {
      ...sampleRecord({ generation: 4_000_000_000, stateVersion: 2_000_000_000 }),
    }),
    roundTrip('state of every byte value', {
      ...sampleRecord({ state: Uint8Array.from({ length: 256 }, (_, n) => n) }),
    }),
    roundTrip('state of zero bytes only', sampleRecord({ state: new Uint8Array(64) })),
    roundTrip('state of 100 KiB', {
      ...sampleRecord({ state: Uint8Array.from({ length: 102_400 }, (_, n) => (n * 31) % 251) }),
    }),
    {
      name: 'state that is a view of a larger buffer is stored alone',
      async run({ first, second }) {
        const larger = Uint8Array.from({ length: 64 }, (_, n) => n)
        const record = sampleRecord({ state: larger.subarray(16, 32) })
        await first.create(record)
        const stored = await second.get('acme', record.id)
        assert.deepEqual([...(stored?.state ?? [])], [...larger.subarray(16, 32)])
      },
    },
  ],
}

function roundTrip(name: string, record: CredentialRecord): ContractCase<StateStoreHarness> {
  return {
    name: `keeps ${name}`,
    async run({ first, second }) {
      await first.create(record)
      const stored = await second.get('acme', record.id)
      assertSame(stored, record)
      assert.ok(stored?.state instanceof Uint8Array, 'the state must come back as bytes')
      const replacement = { ...record, version: 2 }
      await second.replace(replacement)
      assertSame(await first.get('acme', record.id), replacement)
    },
  }
}
