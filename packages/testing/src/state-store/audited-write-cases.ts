import { strict as assert } from 'node:assert'
import type { AuditAppend, AuditEntry, AuditSink, RecordChange, StateStore } from '@nebula-credential/core'
import { isCredentialError } from '@nebula-credential/core'
import type { ContractCase, ContractGroup } from '../contract-suite.ts'
import { assertSame, rejectsWith } from '../expectations.ts'
import { fullRecord, sampleId, sampleRecord } from '../fixtures/sample-record.ts'
import type { StateStoreHarness } from './state-store-harness.ts'

const chain = 'acme/0'
const maximumAttempts = 500

/** For stores that make a change and audit it in one step. */
export const auditedWriteCases: ContractGroup<StateStoreHarness> = {
  name: 'writeAudited',
  cases: [
    auditedCase('makes the change and appends its entries', async ({ first, second }) => {
      assert(await writeAudited(first, create(), append(0, 'created')))
      assertSame(await second.get('acme', sampleId()), sampleRecord())
      const next = fullRecord({ version: 2, state: Uint8Array.of(9, 9) })
      assert(await writeAudited(second, { method: 'replace', record: next }, append(1, 'denied', 'replaced')))
      assertSame(await first.get('acme', sampleId()), next)
      assert(await writeAudited(first, remove(2), append(3, 'deleted')))
      assertSame(await second.get('acme', sampleId()), undefined)
      assertSame(await eventsOf(second), ['created', 'denied', 'replaced', 'deleted'])
    }),
    auditedCase('on another head answers false, and nothing has happened', async ({ first, second }) => {
      await writeAudited(first, create(), append(0, 'created'))
      const elsewhere = sampleRecord({ id: sampleId(1) })
      for (const expected of [0, 2]) {
        for (const change of [replace(2), remove(1), create(elsewhere)]) {
          assertSame(await writeAudited(second, change, append(expected, 'stale')), false)
        }
      }
      assertSame(await first.get('acme', sampleId()), sampleRecord())
      assertSame(await first.get('acme', elsewhere.id), undefined)
      assertSame(await eventsOf(first), ['created'])
    }),
    auditedCase('refuses a change of another version, and appends nothing', async ({ first, second }) => {
      await writeAudited(first, create(), append(0, 'created'))
      for (const change of [replace(1), replace(3), remove(2)]) {
        await rejectsWith('VERSION_CONFLICT', writeAudited(second, change, append(1, 'refused')))
      }
      await rejectsWith(
        'VERSION_CONFLICT',
        writeAudited(
          second,
          { method: 'replace', record: sampleRecord({ id: sampleId(1), version: 2 }) },
          append(1),
        ),
      )
      assertSame(await first.get('acme', sampleId()), sampleRecord())
      assertSame(await eventsOf(first), ['created'])
    }),
    auditedCase('refuses a record that is there already, and appends nothing', async ({ first, second }) => {
      await first.create(sampleRecord())
      const taken = create(sampleRecord({ name: 'another' }))
      await rejectsWith('ALREADY_EXISTS', writeAudited(second, taken, append(0, 'created')))
      await rejectsWith(
        'INPUT_INVALID',
        writeAudited(second, create(sampleRecord({ version: 2 })), append(0, 'x')),
      )
      assertSame(await first.get('acme', sampleId()), sampleRecord())
      assertSame(await eventsOf(first), [])
    }),
    auditedCase('refuses entries that do not follow, and changes nothing', async ({ first }) => {
      const gap: AuditAppend = { ...append(0, 'created'), entries: append(4, 'created').entries }
      await rejectsWith('INPUT_INVALID', writeAudited(first, create(), gap))
      assertSame(await first.get('acme', sampleId()), undefined)
    }),
    auditedCase('of writers that race for record and head, each event has its change', async harness => {
      const { first, second } = harness
      await writeAudited(first, create(), append(0, 'version 1'))
      await Promise.all([first, second, first, second].map(changeRepeatedly))
      const stored = await first.get('acme', sampleId())
      const events = await eventsOf(first)
      assertSame(
        events,
        Array.from({ length: stored?.version ?? 0 }, (_, index) => `version ${index + 1}`),
      )
      assertSame(events.length, 1 + 4 * changesEach)
    }),
  ],
}

const changesEach = 5

async function changeRepeatedly(store: StateStore): Promise<void> {
  let done = 0
  for (let attempt = 0; attempt < maximumAttempts && done < changesEach; attempt++) {
    const version = ((await store.get('acme', sampleId()))?.version ?? 0) + 1
    const sequence = await sequenceOf(store)
    try {
      if (await writeAudited(store, replace(version), append(sequence, `version ${version}`))) done++
    } catch (error) {
      if (!isCredentialError(error, 'VERSION_CONFLICT')) throw error
    }
  }
  assert.equal(done, changesEach, `no more than ${done} changes won in ${maximumAttempts} attempts`)
}

function auditedCase(
  name: string,
  run: (harness: StateStoreHarness) => Promise<void>,
): ContractCase<StateStoreHarness> {
  const skip = ({ first }: StateStoreHarness) =>
    first.writeAudited === undefined ? `${first.name} declares no writeAudited()` : undefined
  return { name, skip, run }
}

function writeAudited(store: StateStore, change: RecordChange, given: AuditAppend): Promise<boolean> {
  assert(store.writeAudited, `${store.name} declares no writeAudited()`)
  return store.writeAudited(change, given)
}

const create = (record = sampleRecord()): RecordChange => ({ method: 'create', record })

const replace = (version: number): RecordChange => ({
  method: 'replace',
  record: sampleRecord({ version, name: `version ${version}` }),
})

const remove = (expectedVersion: number): RecordChange => ({
  method: 'delete',
  key: { tenantId: 'acme', id: sampleId() },
  expectedVersion,
})

function append(expectedSequence: number, ...events: readonly string[]): AuditAppend {
  const entries = events.map((event, index): AuditEntry => {
    const sequence = expectedSequence + 1 + index
    return { sequence, previousHash: hashOf(sequence - 1), hash: hashOf(sequence), keyId: 'key', event }
  })
  return { chain, entries, expectedSequence }
}

const hashOf = (sequence: number) => sequence.toString(16).padStart(64, '0')

async function eventsOf(store: StateStore): Promise<readonly string[]> {
  const entries = await reading(store, sink => sink.read(chain, 1, 1_000))
  assertSame(await sequenceOf(store), entries.length)
  return entries.map(({ event }) => event)
}

async function sequenceOf(store: StateStore): Promise<number> {
  return (await reading(store, sink => sink.head(chain)))?.sequence ?? 0
}

async function reading<T>(store: StateStore, read: (sink: AuditSink) => Promise<T>): Promise<T> {
  const sink = store.audit?.()
  assert(sink, `${store.name} declares writeAudited(), but no audit()`)
  try {
    return await read(sink)
  } finally {
    await sink.close()
  }
}
