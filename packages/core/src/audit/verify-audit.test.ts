import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Anchor, AnchorSink } from './anchor-sink.ts'
import { chainPrefix } from './audit-chain.ts'
import { AuditLog } from './audit-log.ts'
import type { AuditEntry } from './audit-sink.ts'
import { callbackAnchorSink } from './callback-anchor-sink.ts'
import { MemoryAuditBackend, MemoryAuditSink } from './memory-audit-sink.ts'
import { auditedGenerations, readAudit } from './read-audit.ts'
import { eventOf, testKeys } from './test/audit-fixture.ts'
import { ManualClock } from './test/manual-clock.ts'
import { verifyAudit } from './verify-audit.ts'

let backend: MemoryAuditBackend
let anchored: Anchor[]
const keys = testKeys()
const anchors: AnchorSink = callbackAnchorSink(
  anchor => void anchored.push(anchor),
  () => anchored.at(-1),
)

beforeEach(async () => {
  backend = new MemoryAuditBackend()
  anchored = []
  await writeEvents(10)
})

function openLog(): AuditLog {
  return new AuditLog({ sink: new MemoryAuditSink(backend), keys, clock: new ManualClock(), anchors })
}

async function writeEvents(count: number, tenantId = 'acme'): Promise<void> {
  const log = openLog()
  for (let n = 0; n < count; n++) await log.write(eventOf({ tenantId, generation: n + 1, reason: `${n}` }))
  await log.close()
}

/** The entries of the one chain of a tenant, as the sink itself keeps them. */
function entriesOf(tenantId = 'acme'): AuditEntry[] {
  const [, entries] = [...backend.chains].find(([chain]) => chain.startsWith(chainPrefix(tenantId))) ?? []
  if (entries === undefined) throw new Error('There is no such chain')
  return entries
}

function change(at: number, fields: Partial<AuditEntry>): void {
  const entries = entriesOf()
  entries[at] = { ...(entries[at] as AuditEntry), ...fields }
}

const verify = (withAnchors = true) =>
  verifyAudit({ sink: new MemoryAuditSink(backend), keys, anchors: withAnchors ? anchors : undefined })

async function findings(withAnchors = false): Promise<string[]> {
  const report = await verify(withAnchors)
  expect(report.intact).toBe(report.findings.length === 0)
  return report.findings.map(({ kind, sequence }) => `${kind} ${sequence}`)
}

async function readAll(): Promise<unknown[]> {
  const events: unknown[] = []
  for await (const { event } of readAudit({ sink: new MemoryAuditSink(backend), keys, tenantId: 'acme' })) {
    events.push(event.reason)
  }
  return events
}

describe('verifyAudit', () => {
  it('finds nothing wrong with what was written', async () => {
    await writeEvents(3, 'other')
    const report = await verify()
    expect(report).toMatchObject({ intact: true, entries: 13, completeToAnchor: 2, remarks: [] })
    expect(report.chains.map(({ entries }) => entries).sort()).toEqual([10, 3])
  })

  it('checks one tenant alone where asked', async () => {
    await writeEvents(3, 'other')
    const report = await verifyAudit({ sink: new MemoryAuditSink(backend), keys, anchors, tenantId: 'other' })
    expect(report).toMatchObject({ intact: true, entries: 3 })
  })

  it('says that truncation cannot be noticed without an anchor', async () => {
    const report = await verify(false)
    expect(report.completeToAnchor).toBeUndefined()
    expect(report.remarks).toEqual([expect.stringMatching(/no anchor sink.*cannot be noticed/)])
    entriesOf().length = 5
    expect(await findings(false)).toEqual([])
  })

  it.each<[string, () => void, string[]]>([
    [
      'an edited event',
      () => change(4, { event: entriesOf()[4]?.event.replace('success', 'denied') ?? '' }),
      ['edited 5'],
    ],
    ['an edited hash', () => change(4, { hash: '0'.repeat(64) }), ['edited 5']],
    ['an edited previous hash', () => change(4, { previousHash: '0'.repeat(64) }), ['edited 5']],
    ['an edited first entry', () => change(0, { event: '{}' }), ['edited 1']],
    ['an edited last entry', () => change(9, { event: '{}' }), ['edited 10']],
    ['a deleted entry', () => void entriesOf().splice(4, 1), ['gap 5']],
    ['a deleted first entry', () => void entriesOf().splice(0, 1), ['gap 1']],
    ['several deleted entries', () => void entriesOf().splice(2, 3), ['gap 3']],
    ['an inserted copy', () => void entriesOf().splice(5, 0, entriesOf()[4] as AuditEntry), ['reordered 5']],
    ['an unknown key', () => change(4, { keyId: 'audit-other' }), ['unknown_key 5']],
    ['a malformed entry', () => change(4, { hash: 'zz' }), ['malformed 5']],
    ['a malformed event', () => change(4, { event: undefined as unknown as string }), ['malformed 5']],
  ])('finds %s', async (_, tamper, expected) => {
    tamper()
    expect(await findings()).toEqual(expected)
    await expect(readAll()).rejects.toMatchObject({ code: 'AUDIT_BROKEN' })
  })

  it('finds two swapped events', async () => {
    const [, , third, fourth] = entriesOf()
    change(2, { event: fourth?.event ?? '' })
    change(3, { event: third?.event ?? '' })
    expect(await findings()).toEqual(['edited 3', 'edited 4'])
  })

  it('finds two swapped rows', async () => {
    const entries = entriesOf()
    ;[entries[2], entries[3]] = [entries[3] as AuditEntry, entries[2] as AuditEntry]
    expect(await findings()).toEqual(['gap 3', 'reordered 3'])
  })

  it('finds entries renumbered to hide a deletion', async () => {
    const entries = entriesOf()
    entries.splice(4, 1)
    for (let at = 4; at < entries.length; at++) change(at, { sequence: at + 1 })
    expect((await findings()).every(finding => finding.startsWith('edited'))).toBe(true)
    expect(await findings()).toHaveLength(5)
  })

  it('finds a chain copied to another tenant', async () => {
    const [[chain, entries]] = [...backend.chains] as [[string, AuditEntry[]]]
    backend.chains.set(chain.replace('4:acme', '4:evil'), [...entries])
    const report = await verify(false)
    expect(report.findingCount).toBe(10)
    expect(report.findings.every(finding => finding.chain.startsWith('4:evil'))).toBe(true)
  })

  it('finds an entry of another fork of the same chain, written behind a replayed old head', async () => {
    const before = entriesOf().slice(0, 7)
    const fork = new MemoryAuditBackend()
    fork.chains.set([...backend.chains.keys()][0] as string, [...before])
    const log = new AuditLog({ sink: new MemoryAuditSink(fork), keys, clock: new ManualClock() })
    for (let n = 0; n < 3; n++) await log.write(eventOf({ reason: 'forked' }))
    const forked = [...fork.chains.values()][0] as AuditEntry[]
    entriesOf()[7] = forked[7] as AuditEntry
    expect(await findings()).toEqual(['reordered 9'])
    entriesOf().splice(0, 10, ...forked)
    expect(await findings(false)).toEqual([])
    expect(await findings(true)).toEqual(['edited 10'])
    expect((await verify()).completeToAnchor).toBeUndefined()
  })

  it('finds entries cut off the end that an anchor knows of', async () => {
    entriesOf().length = 6
    expect(await findings(true)).toEqual(['truncated 7'])
    expect((await verify()).completeToAnchor).toBeUndefined()
  })

  it('finds a head that names more than the chain holds', async () => {
    class Cut extends MemoryAuditSink {
      override async read(chain: string, from: number, limit: number) {
        return (await super.read(chain, from, limit)).filter(({ sequence }) => sequence <= 8)
      }
    }
    const report = await verifyAudit({ sink: new Cut(backend), keys })
    expect(report.findings).toMatchObject([{ kind: 'truncated', sequence: 9 }])
  })

  it('finds a whole chain missing that an anchor knows of', async () => {
    backend.chains.clear()
    expect(await findings(true)).toEqual(['truncated 1'])
  })

  it('does not let a new anchor forget what the last one knew', async () => {
    entriesOf().length = 6
    await writeEvents(2, 'other')
    expect(anchored.at(-1)?.number).toBe(2)
    expect(await findings(true)).toEqual(['truncated 7'])
  })

  it('still reports complete to the anchor when what came after it is broken', async () => {
    await openLog().write(eventOf())
    change(10, { event: '{}' })
    expect(await verify()).toMatchObject({ intact: false, completeToAnchor: 1 })
  })

  it('finds a changed anchor', async () => {
    const [anchor] = anchored
    if (anchor === undefined) throw new Error('There should be an anchor')
    anchored = [{ ...anchor, heads: anchor.heads.map(head => ({ ...head, sequence: 5 })) }]
    const report = await verify()
    expect(report).toMatchObject({ intact: false, completeToAnchor: undefined })
    expect(report.findings).toMatchObject([
      { chain: '', kind: 'edited', detail: 'the newest anchor was changed' },
    ])
  })

  it('finds entries made with another key under the same id', async () => {
    const sink = new MemoryAuditSink(backend)
    const report = await verifyAudit({ sink, keys: testKeys(8) })
    expect(report.findingCount).toBe(10)
  })

  it('finds every single changed character of an entry', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(9),
        fc.constantFrom('event', 'hash', 'previousHash', 'keyId'),
        fc.nat(),
        async (at, field, position) => {
          const entry = entriesOf()[at] as AuditEntry
          const text = entry[field as 'event']
          const index = position % text.length
          const replaced = text[index] === '1' ? '2' : '1'
          change(at, { [field]: text.slice(0, index) + replaced + text.slice(index + 1) })
          expect(await findings()).not.toEqual([])
          change(at, entry)
          expect(await findings()).toEqual([])
        },
      ),
      { numRuns: 300 },
    )
  })

  it('reads a page at a time, and stops with a sink that does not get on', async () => {
    await writeEvents(2_000, 'large')
    const limits: number[] = []
    class Counting extends MemoryAuditSink {
      override async read(chain: string, from: number, limit: number) {
        limits.push(limit)
        return super.read(chain, from, limit)
      }
    }
    expect(await verifyAudit({ sink: new Counting(backend), keys })).toMatchObject({ entries: 2_010 })
    expect(limits.length).toBe(5)
    class Stuck extends MemoryAuditSink {
      override read(chain: string) {
        return super.read(chain, 1, 3)
      }
    }
    expect((await verifyAudit({ sink: new Stuck(backend), keys })).intact).toBe(false)
  })

  it('is not confused by events appended while it reads', async () => {
    const log = openLog()
    class Growing extends MemoryAuditSink {
      override async read(chain: string, from: number, limit: number) {
        await log.write(eventOf())
        return super.read(chain, from, limit)
      }
    }
    const report = await verifyAudit({ sink: new Growing(backend), keys, anchors })
    expect(report).toMatchObject({ intact: true, completeToAnchor: 1 })
  })
})

describe('readAudit', () => {
  it('gives the events of a tenant in order, and of one credential where asked', async () => {
    await writeEvents(3, 'other')
    const log = openLog()
    await log.write(eventOf({ credentialId: 'c2', reason: 'another' }))
    expect((await readAll()).filter(reason => reason !== 'another')).toEqual([...'0123456789'])
    const found: unknown[] = []
    const sink = new MemoryAuditSink(backend)
    for await (const { event } of readAudit({ sink, keys, tenantId: 'acme', credentialId: 'c2' })) {
      found.push(event.reason)
    }
    expect(found).toEqual(['another'])
  })

  it('throws AUDIT_BROKEN naming chain and sequence at the first entry that is broken', async () => {
    change(4, { event: '{}' })
    const seen: unknown[] = []
    const reading = (async () => {
      for await (const { sequence } of readAudit({
        sink: new MemoryAuditSink(backend),
        keys,
        tenantId: 'acme',
      })) {
        seen.push(sequence)
      }
    })()
    const [chain] = [...backend.chains.keys()]
    await expect(reading).rejects.toMatchObject({
      code: 'AUDIT_BROKEN',
      message: expect.stringContaining(chain ?? ''),
    })
    await expect(reading).rejects.toThrow(/Entry 5/)
    expect(seen).toEqual([1, 2, 3, 4])
  })
})

it('tells the newest generation of each credential', async () => {
  const log = openLog()
  await log.write(eventOf({ credentialId: 'c2', generation: 4 }))
  await log.write(eventOf({ credentialId: 'c2', generation: 9, outcome: 'failure' }))
  await log.write(eventOf({ credentialId: 'c2', generation: 2 }))
  await log.write(eventOf({ credentialId: 'c3', generation: 1, action: 'credential.delete' }))
  const found = []
  for await (const each of auditedGenerations({
    sink: new MemoryAuditSink(backend),
    keys,
    tenantId: 'acme',
  })) {
    found.push(each)
  }
  expect(found.sort((a, b) => (a.credentialId < b.credentialId ? -1 : 1))).toEqual([
    { credentialId: 'c1', generation: 10, isDeleted: false },
    { credentialId: 'c2', generation: 4, isDeleted: false },
    { credentialId: 'c3', generation: 1, isDeleted: true },
  ])
})
