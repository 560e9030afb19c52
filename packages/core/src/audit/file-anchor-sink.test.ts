import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newAnchor } from './audit-chain.ts'
import { AuditLog } from './audit-log.ts'
import { FileAnchorSink } from './file-anchor-sink.ts'
import { MemoryAuditBackend, MemoryAuditSink } from './memory-audit-sink.ts'
import { eventOf, testKeys } from './test/audit-fixture.ts'
import { ManualClock } from './test/manual-clock.ts'
import { verifyAudit } from './verify-audit.ts'

const keys = testKeys()
let directory: string
let path: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anchors-'))
  path = join(directory, 'anchors.jsonl')
})
afterEach(() => rm(directory, { recursive: true }))

const anchorOf = (number: number, heads = 1) =>
  newAnchor(
    number,
    number,
    Array.from({ length: heads }, (_, n) => ({
      chain: `4:acmé/${n}`,
      sequence: number,
      hash: 'a'.repeat(64),
    })),
    keys,
  )

describe('FileAnchorSink', () => {
  it('has no anchor, and makes no file, before the first append', async () => {
    expect(await new FileAnchorSink(path).latest()).toBeUndefined()
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('appends lines that only the owner can read, and gives the newest', async () => {
    for (let number = 1; number <= 3; number++) await new FileAnchorSink(path).append(anchorOf(number))
    expect(await new FileAnchorSink(path).latest()).toEqual(anchorOf(3))
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
    expect(lines.map(line => JSON.parse(line).number)).toEqual([1, 2, 3])
  })

  it('refuses a number that is taken', async () => {
    const sink = new FileAnchorSink(path)
    await sink.append(anchorOf(2))
    for (const number of [1, 2]) {
      await expect(sink.append(anchorOf(number))).rejects.toMatchObject({ code: 'VERSION_CONFLICT' })
    }
  })

  it('passes over a line that a crash tore, and ends it before the next', async () => {
    const sink = new FileAnchorSink(path)
    await sink.append(anchorOf(1))
    await appendFile(path, JSON.stringify(anchorOf(2)).slice(0, 50))
    expect(await sink.latest()).toEqual(anchorOf(1))
    await sink.append(anchorOf(2))
    expect(await sink.latest()).toEqual(anchorOf(2))
  })

  it('finds the newest anchor whatever its length', async () => {
    const sink = new FileAnchorSink(path)
    for (const [number, heads] of [2_000, 1, 700, 5_000].entries()) {
      await sink.append(anchorOf(number + 1, heads))
      expect(await sink.latest()).toEqual(anchorOf(number + 1, heads))
    }
    await appendFile(path, `${'x'.repeat(200_000)}\n`)
    expect(await sink.latest()).toEqual(anchorOf(4, 5_000))
  })

  it('says what to do when the file cannot be written', async () => {
    await writeFile(join(directory, 'file'), '')
    const sink = new FileAnchorSink(join(directory, 'file', 'anchors.jsonl'))
    await expect(sink.append(anchorOf(1))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(() => new FileAnchorSink('')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  it('lets a later process notice what was cut off the audit in between', async () => {
    const backend = new MemoryAuditBackend()
    const clock = new ManualClock()
    const log = new AuditLog({
      sink: new MemoryAuditSink(backend),
      keys,
      clock,
      anchors: new FileAnchorSink(path),
    })
    for (let n = 0; n < 5; n++) await log.write(eventOf())
    await log.close()
    for (const entries of backend.chains.values()) entries.pop()
    const anchors = new FileAnchorSink(path)
    const report = await verifyAudit({ sink: new MemoryAuditSink(backend), keys, anchors })
    expect(report.findings).toMatchObject([{ kind: 'truncated', sequence: 5 }])
  })
})

describe('anchors in time', () => {
  it('are written every five minutes when something happened, numbered, by several processes', async () => {
    const backend = new MemoryAuditBackend()
    const clock = new ManualClock()
    const open = () =>
      new AuditLog({ sink: new MemoryAuditSink(backend), keys, clock, anchors: new FileAnchorSink(path) })
    const [first, second] = [open(), open()]
    const wait = async (ms: number) => {
      await clock.advance(ms)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    const sink = new FileAnchorSink(path)
    const heads = async () => (await sink.latest())?.heads
    await first.write(eventOf())
    await wait(300_000)
    await wait(300_000)
    await expect.poll(heads).toMatchObject([{ sequence: 1 }])
    await second.write(eventOf())
    await wait(300_000)
    await expect.poll(heads).toMatchObject([{ sequence: 2 }])
    // What is under way comes to its end.
    await Promise.all([first.close(), second.close()])
    const latest = await sink.latest()
    expect(latest?.heads).toMatchObject([{ sequence: 2 }])
    expect(latest?.number).toBeGreaterThanOrEqual(2)
    const report = await verifyAudit({ sink: new MemoryAuditSink(backend), keys, anchors: sink })
    expect(report).toMatchObject({ intact: true, completeToAnchor: latest?.number })
  })

  it('are not written when nothing happened', async () => {
    const anchors = new FileAnchorSink(path)
    const sink = new MemoryAuditSink(new MemoryAuditBackend())
    for (let n = 0; n < 3; n++) {
      const log = new AuditLog({ sink, keys, clock: new ManualClock(), anchors })
      if (n === 0) await log.write(eventOf())
      await log.close()
    }
    expect((await anchors.latest())?.number).toBe(1)
  })

  it('that fail are told to the audit once, not every five minutes', async () => {
    const backend = new MemoryAuditBackend()
    const clock = new ManualClock()
    const anchors = { append: () => Promise.reject(new Error('disk full')), latest: async () => undefined }
    const log = new AuditLog({ sink: new MemoryAuditSink(backend), keys, clock, anchors })
    await log.write(eventOf())
    for (let n = 0; n < 3; n++) await clock.advance(300_000)
    const texts = [...backend.chains.values()].flat().map(({ event }) => event)
    expect(texts.filter(text => text.includes('audit.anchor'))).toHaveLength(1)
    await expect(log.close()).rejects.toThrow('disk full')
  })
})
