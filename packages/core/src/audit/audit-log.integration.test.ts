import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { SqliteStateStore } from '@nebula-credential/storage-sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventsIn, testKeys } from './test/audit-fixture.ts'
import { verifyAudit } from './verify-audit.ts'

const child = fileURLToPath(new URL('test/write-in-child.ts', import.meta.url))
let directory: string
const children: ChildProcess[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'audit-'))
})
afterEach(async () => {
  for (const each of children.splice(0)) each.kill('SIGKILL')
  await rm(directory, { recursive: true })
})

it('keeps every acknowledged event of three processes that write one chain and are killed', async () => {
  const path = join(directory, 'nebula.db')
  const acknowledged: string[] = []
  const writers = ['a', 'b', 'c'].map(name => {
    const args = ['--conditions=@nebula-credential/source', child, path, name]
    const writer = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(writer)
    let seen = 0
    const enough = Promise.withResolvers<void>()
    createInterface({ input: writer.stdout }).on('line', reason => {
      acknowledged.push(reason)
      seen += 1
      if (seen === 30) enough.resolve()
    })
    return { writer, enough: enough.promise, closed: once(writer, 'close') }
  })
  for (const { writer, enough } of writers) {
    await enough
    writer.kill('SIGKILL')
  }
  await Promise.all(writers.map(({ closed }) => closed))

  const store = new SqliteStateStore(path)
  const sink = store.audit()
  const reasons = (await eventsIn(sink)).map(({ reason }) => reason)
  expect(new Set(reasons).size).toBe(reasons.length)
  expect(reasons).toEqual(expect.arrayContaining(acknowledged))
  expect(await verifyAudit({ sink, keys: testKeys() })).toMatchObject({
    intact: true,
    entries: reasons.length,
  })
  await store.close()
}, 300_000)
