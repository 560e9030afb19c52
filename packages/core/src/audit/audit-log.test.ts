import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { CredentialError } from '../errors.ts'
import type { Anchor } from './anchor-sink.ts'
import { AuditLog, type AuditPolicy } from './audit-log.ts'
import type { AuditAppend } from './audit-sink.ts'
import { callbackAnchorSink } from './callback-anchor-sink.ts'
import { MemoryAuditBackend, MemoryAuditSink } from './memory-audit-sink.ts'
import { eventOf, eventsIn, testKeys } from './test/audit-fixture.ts'
import { ManualClock, settle } from './test/manual-clock.ts'
import { UnsteadyAuditSink } from './test/unsteady-audit-sink.ts'
import { verifyAudit } from './verify-audit.ts'

function setUp(policy: Partial<AuditPolicy> = {}, backend = new MemoryAuditBackend()) {
  const sink = new UnsteadyAuditSink(new MemoryAuditSink(backend))
  const reader = new MemoryAuditSink(backend)
  const clock = new ManualClock()
  const keys = testKeys()
  const log = new AuditLog({ sink, keys, clock, policy })
  const reasons = async () => (await eventsIn(reader)).map(({ reason }) => reason)
  const verify = () => verifyAudit({ sink: reader, keys })
  return { backend, sink, reader, clock, keys, log, reasons, verify }
}

describe('AuditLog.write', () => {
  it('resolves only when the event is durable', async () => {
    const { log, reasons, verify } = setUp()
    await log.write(eventOf({ reason: 'a' }))
    await log.write(eventOf({ reason: 'b' }))
    expect(await reasons()).toEqual(['a', 'b'])
    expect(await verify()).toMatchObject({ intact: true, entries: 2 })
  })

  it('keeps the order of calls, and takes what waits in one append', async () => {
    const { log, reasons, sink } = setUp()
    const names = Array.from({ length: 100 }, (_, n) => `${n}`)
    await Promise.all(names.map(reason => log.write(eventOf({ reason }))))
    expect(await reasons()).toEqual(names)
    expect(sink.appends).toBeLessThan(5)
  })

  it('keeps tenants and credentials in chains of their own', async () => {
    const { log, backend, verify } = setUp()
    for (const tenantId of ['acme', 'acme/1', '1:a']) {
      for (let n = 0; n < 100; n++) await log.write(eventOf({ tenantId, credentialId: `c${n}` }))
    }
    expect(backend.chains.size).toBe(48)
    expect(
      [...backend.chains.keys()].every(name => /^(4:acme|6:acme\/1|3:1:a)\/(\d|1[0-5])$/.test(name)),
    ).toBe(true)
    expect(await verify()).toMatchObject({ intact: true, entries: 300 })
  })

  it('rejects while the sink is down, and works again after', async () => {
    const { log, sink, reasons, verify } = setUp()
    sink.weather = 'down'
    await expect(log.write(eventOf({ reason: 'refused' }))).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
    })
    sink.weather = 'up'
    await log.write(eventOf({ reason: 'taken' }))
    expect(await reasons()).toEqual(['taken'])
    expect(await verify()).toMatchObject({ intact: true })
  })

  it('gives a write that came during a failing one an attempt of its own', async () => {
    const { log, sink, reasons } = setUp()
    const append = sink.append.bind(sink)
    let second: Promise<void> | undefined
    sink.append = async (...given) => {
      if (second !== undefined) return append(...given)
      second = log.write(eventOf({ reason: 'second' }))
      throw new Error('connection reset')
    }
    await expect(log.write(eventOf({ reason: 'first' }))).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
    })
    await second
    expect(await reasons()).toEqual(['second'])
  })

  it('wraps what a sink throws that is no CredentialError, keeping the cause', async () => {
    const { log, sink } = setUp()
    const cause = new TypeError('broken driver')
    sink.append = () => Promise.reject(cause)
    await expect(log.write(eventOf())).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE', cause })
  })

  it('lets two processes write one chain at once', async () => {
    const backend = new MemoryAuditBackend()
    const writers = [setUp({}, backend), setUp({}, backend), setUp({}, backend)]
    const writes = writers.flatMap(({ log }, writer) =>
      Array.from({ length: 50 }, async (_, n) => {
        if (n % 7 === 0) await settle()
        await log.write(eventOf({ reason: `${writer}-${n}` }))
      }),
    )
    await Promise.all(writes)
    const [first] = writers
    expect(new Set(await first?.reasons()).size).toBe(150)
    expect(await first?.verify()).toMatchObject({ intact: true, entries: 150 })
  })

  it('refuses to go on behind a chain that was cut back', async () => {
    const { log, backend } = setUp()
    for (let n = 0; n < 3; n++) await log.write(eventOf())
    for (const entries of backend.chains.values()) entries.pop()
    await expect(log.write(eventOf())).rejects.toMatchObject({ code: 'AUDIT_BROKEN' })
  })

  it('refuses to go on behind a chain that was rewritten', async () => {
    const { log, backend } = setUp()
    for (let n = 0; n < 3; n++) await log.write(eventOf())
    for (const entries of backend.chains.values()) {
      const last = entries.pop()
      if (last !== undefined) entries.push({ ...last, hash: 'f'.repeat(64) }, { ...last, sequence: 4 })
    }
    await expect(log.write(eventOf())).rejects.toMatchObject({ code: 'AUDIT_BROKEN' })
  })
})

describe('a change that is made with its event', () => {
  /** Changes of a "record", together with their entries where `refusal` is undefined. */
  function changesOf(backend: MemoryAuditBackend, refusal?: CredentialError) {
    const made: string[] = []
    const commit = (change: string) => async (append: AuditAppend) => {
      await settle()
      if (refusal !== undefined) throw refusal
      const isDone = backend.append(append)
      if (isDone) made.push(change)
      return isDone
    }
    return { made, commit }
  }

  it('stands behind what was queued before it, and in front of what came after', async () => {
    const { log, backend, reasons, verify } = setUp()
    const { made, commit } = changesOf(backend)
    log.queue(eventOf({ reason: 'before' }))
    const changes = ['one', 'two'].map(reason => log.write(eventOf({ reason }), commit(reason)))
    log.queue(eventOf({ reason: 'after' }))
    await Promise.all(changes)
    await log.flush()
    expect(made).toEqual(['one', 'two'])
    expect(await reasons()).toEqual(['before', 'one', 'two', 'after'])
    expect(await verify()).toMatchObject({ intact: true })
  })

  it('is tried again on the head that another process has moved', async () => {
    const { log, backend, reasons, verify } = setUp()
    const other = setUp({}, backend)
    await log.write(eventOf({ reason: 'first' }))
    await other.log.write(eventOf({ reason: 'other' }))
    const { made, commit } = changesOf(backend)
    await log.write(eventOf({ reason: 'change' }), commit('change'))
    expect(made).toEqual(['change'])
    expect(await reasons()).toEqual(['first', 'other', 'change'])
    expect(await verify()).toMatchObject({ intact: true })
  })

  it('that is refused fails alone, and leaves no event', async () => {
    const { log, backend, reasons, verify } = setUp()
    const refusal = new CredentialError('VERSION_CONFLICT', 'another was first')
    log.queue(eventOf({ reason: 'queued' }))
    const refused = log.write(eventOf({ reason: 'refused' }), changesOf(backend, refusal).commit('refused'))
    const written = log.write(eventOf({ reason: 'written' }))
    await expect(refused).rejects.toBe(refusal)
    await written
    expect(await reasons()).toEqual(['queued', 'written'])
    expect(await verify()).toMatchObject({ intact: true })
  })

  it('whose answer was lost is not made again, nor is its event written twice', async () => {
    const { log, backend, reasons, verify } = setUp()
    const { made, commit } = changesOf(backend)
    const cutOff = async (append: AuditAppend): Promise<boolean> => {
      await commit('change')(append)
      throw new CredentialError('STORAGE_UNAVAILABLE', 'the connection broke')
    }
    const change = log.write(eventOf({ reason: 'change' }), cutOff)
    await expect(change).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    await log.write(eventOf({ reason: 'next' }))
    expect(made).toEqual(['change'])
    expect(await reasons()).toEqual(['change', 'next'])
    expect(await verify()).toMatchObject({ intact: true })
  })
})

describe('an append whose outcome is unknown', () => {
  it('is not written twice when it had happened', async () => {
    const { log, sink, reasons, clock, verify } = setUp()
    sink.weather = 'answer lost'
    log.queue(eventOf({ reason: 'queued' }))
    await settle()
    sink.weather = 'up'
    await clock.advance(1_000)
    expect(await reasons()).toEqual(['queued'])
    expect(await verify()).toMatchObject({ intact: true, entries: 1 })
  })

  it('is not written twice when others have appended behind it', async () => {
    const { log, sink, reasons, clock, backend } = setUp()
    const other = setUp({}, backend)
    await log.write(eventOf({ reason: 'first' }))
    sink.weather = 'answer lost'
    log.queue(eventOf({ reason: 'queued' }))
    await settle()
    await other.log.write(eventOf({ reason: 'other' }))
    sink.weather = 'up'
    await clock.advance(1_000)
    expect(await reasons()).toEqual(['first', 'queued', 'other'])
  })

  it('is not written twice when it arrives late, before the retry', async () => {
    const { log, sink, reasons, clock } = setUp()
    await log.write(eventOf({ reason: 'first' }))
    sink.weather = 'late'
    log.queue(eventOf({ reason: 'queued' }))
    await settle()
    await sink.arrive()
    sink.weather = 'up'
    await clock.advance(1_000)
    expect(await reasons()).toEqual(['first', 'queued'])
  })

  it('is not written twice when it arrives between the look and the retry, with more behind it', async () => {
    const { log, sink, reasons, clock, verify } = setUp()
    await log.write(eventOf({ reason: 'first' }))
    sink.weather = 'late'
    log.queue(eventOf({ reason: 'queued' }))
    await settle()
    log.queue(eventOf({ reason: 'second' }))
    const append = sink.append.bind(sink)
    sink.append = async (...given) => {
      await sink.arrive()
      return append(...given)
    }
    sink.weather = 'up'
    await clock.advance(1_000)
    expect(await reasons()).toEqual(['first', 'queued', 'second'])
    expect(await verify()).toMatchObject({ intact: true })
  })

  it('is overtaken for good by what is appended in its place', async () => {
    const { log, sink, reasons, clock, backend } = setUp()
    const other = setUp({}, backend)
    await log.write(eventOf({ reason: 'first' }))
    sink.weather = 'late'
    log.queue(eventOf({ reason: 'queued' }))
    await settle()
    await other.log.write(eventOf({ reason: 'other' }))
    sink.weather = 'up'
    await clock.advance(1_000)
    await sink.arrive()
    expect(await reasons()).toEqual(['first', 'other', 'queued'])
  })
})

describe('AuditLog.queue', () => {
  it('writes behind, in order, before what is written later', async () => {
    const { log, reasons } = setUp()
    log.queue(eventOf({ reason: 'a' }))
    log.queue(eventOf({ reason: 'b' }))
    await log.write(eventOf({ reason: 'c' }))
    expect(await reasons()).toEqual(['a', 'b', 'c'])
  })

  it('tries again with growing pauses until the sink is back', async () => {
    const { log, sink, clock, reasons } = setUp()
    sink.weather = 'down'
    log.queue(eventOf({ reason: 'a' }))
    await clock.advance(500)
    log.queue(eventOf({ reason: 'b' }))
    const heads: number[] = []
    const head = sink.head.bind(sink)
    sink.head = chain => {
      heads.push(clock.now())
      return head(chain)
    }
    await clock.advance(9_000)
    expect(heads.length).toBeLessThan(8)
    sink.weather = 'up'
    await clock.advance(30_000)
    expect(await reasons()).toEqual(['a', 'b'])
    expect(clock.timers).toBe(1)
  })

  it('does not make a write wait for the pause, and lets it take along what waits', async () => {
    const { log, sink, reasons } = setUp()
    sink.weather = 'down'
    log.queue(eventOf({ reason: 'queued' }))
    await settle()
    sink.weather = 'up'
    await log.write(eventOf({ reason: 'written' }))
    expect(await reasons()).toEqual(['queued', 'written'])
  })

  it('gives the room of written events to new ones', async () => {
    const { log, reader } = setUp({ maxQueued: 5 })
    for (let n = 0; n < 30; n++) {
      log.queue(eventOf({ reason: `${n}` }))
      if (n % 5 === 4) await log.flush()
    }
    expect((await eventsIn(reader)).map(({ action }) => action)).toEqual(Array(30).fill('credential.update'))
  })

  it('counts what finds no room, and says so once there is', async () => {
    const { log, sink, clock, reader, verify } = setUp({ maxQueued: 5 })
    sink.weather = 'down'
    for (let n = 0; n < 12; n++) log.queue(eventOf({ reason: `${n}` }))
    await clock.advance(60_000)
    sink.weather = 'up'
    await clock.advance(60_000)
    const events = await eventsIn(reader)
    expect(events.map(({ reason }) => reason)).toEqual(['0', '1', '2', '3', '4', undefined])
    expect(events.at(-1)).toMatchObject({ action: 'audit.lost', tenantId: 'acme', count: 7 })
    log.queue(eventOf({ reason: 'room again' }))
    await log.flush()
    expect(await verify()).toMatchObject({ intact: true, entries: 7 })
  })
})

describe('AuditLog.count', () => {
  const read = { action: 'credential.read', outcome: 'success', tenantId: 'acme', actor: 'w' } as const

  it('adds up what is alike in every field, and writes it with the flush', async () => {
    const { log, clock, reader } = setUp()
    for (let n = 0; n < 1_000; n++) log.count({ ...read, credentialId: 'c1' })
    log.count({ ...read, credentialId: 'c1', context: { workflowId: 'w1' } }, 5)
    log.count({ ...read, credentialId: 'c1', context: { userId: 'w1' } }, 6)
    expect(await eventsIn(reader)).toEqual([])
    await clock.advance(10_000)
    expect((await eventsIn(reader)).map(({ count }) => count).sort()).toEqual([1_000, 5, 6])
    expect((await eventsIn(reader))[0]?.at).toBe(clock.now())
    await clock.advance(10_000)
    expect(await eventsIn(reader)).toHaveLength(3)
  })

  it('asks its listeners before each flush, until they stop', async () => {
    const { log, reader } = setUp()
    const stop = log.onFlush(() => log.count({ ...read, credentialId: 'c1' }, 3))
    await log.flush()
    stop()
    await log.flush()
    expect(await eventsIn(reader)).toMatchObject([{ count: 3, credentialId: 'c1' }])
  })

  it('goes on adding up while the sink is down', async () => {
    const { log, sink, clock, reader } = setUp()
    sink.weather = 'down'
    for (let n = 0; n < 20; n++) {
      log.count({ ...read, credentialId: 'c1' }, 10)
      await clock.advance(10_000)
    }
    sink.weather = 'up'
    await clock.advance(60_000)
    const counts = (await eventsIn(reader)).map(({ count }) => count ?? 0)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(200)
    expect(counts.length).toBeLessThan(4)
  })
})

describe('AuditLog.close', () => {
  it('writes counts, queued events and a last anchor, stops its timers, and refuses more', async () => {
    const { sink, keys, clock, reader } = setUp()
    const anchors: Anchor[] = []
    const log = new AuditLog({
      sink,
      keys,
      clock,
      anchors: callbackAnchorSink(anchor => void anchors.push(anchor)),
    })
    const timers = clock.timers
    log.onFlush(() => log.count(eventOf({ reason: 'counted' }), 2))
    log.queue(eventOf({ reason: 'queued' }))
    await Promise.all([log.close(), log.close()])
    expect((await eventsIn(reader)).map(({ reason }) => reason).sort()).toEqual(['counted', 'queued'])
    expect(anchors).toMatchObject([{ number: 1, heads: [{ sequence: 2 }] }])
    expect(clock.timers).toBe(timers - 2)
    expect(() => log.queue(eventOf())).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    expect(() => log.count(eventOf())).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    await expect(log.write(eventOf())).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('says how many events it could not write', async () => {
    const { log, sink, clock } = setUp()
    sink.weather = 'down'
    for (let n = 0; n < 3; n++) log.queue(eventOf())
    await settle()
    const error = await log.close().catch(caught => caught)
    expect(error).toMatchObject({ code: 'STORAGE_UNAVAILABLE', message: expect.stringContaining('3 events') })
    expect(clock.timers).toBe(0)
  })
})

it('shows no key when printed', async () => {
  const { log, keys } = setUp()
  await log.write(eventOf())
  const printed = inspect([log, keys], { depth: 20, showHidden: true })
  expect(printed).not.toContain('07'.repeat(8))
  expect(printed).not.toContain(Buffer.alloc(32, 7).toString('base64').slice(0, 20))
  expect(printed).not.toMatch(/7, 7, 7, 7/)
})
