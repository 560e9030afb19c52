import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { sampleId } from '@nebula-credential/testing'
import { describe, expect, test } from 'vitest'
import { SqliteStateStore } from './state-store.ts'
import { startChild } from './test/child.ts'
import { versionOf } from './test/payload.ts'
import { temporaryFile } from './test/temporary-file.ts'

const rounds = 28
const recordsPerWriter = 5

describe('kill -9 in the middle of a stream of writes', () => {
  test('keeps every acknowledged write, and each record as it was before or after a write', async () => {
    using file = temporaryFile()
    const acknowledged = new Map<number, number>()
    let kills = 0
    for (let round = 0; round < rounds; round++) {
      const writers = [0, 1].map(n => startWriter(file.path, n * recordsPerWriter))
      await Promise.all(writers.map(writer => writer.writing))
      // One after the other, so that the second goes on over what the first one left.
      for (const writer of writers) {
        await sleep(Math.random() * 40)
        writer.child.kill('SIGKILL')
        await writer.ended
        kills++
      }
      const tried = new Map<number, number>()
      for (const line of writers.flatMap(writer => writer.lines())) {
        const [what, number, version] = line.split(' ')
        const target = what === 'ack' ? acknowledged : tried
        target.set(Number(number), Number(version))
      }
      await expectWhole(file.path, acknowledged, tried)
    }
    expect(kills).toBe(56)
    const writes = [...acknowledged.values()].reduce((sum, version) => sum + version, 0)
    // At least that for which each writer was waited for; how many more, the disk decides.
    expect(writes).toBeGreaterThanOrEqual(rounds * 2)
  }, 300_000)
})

/** Every record is at its last acknowledged version, or at the one whose acknowledgement the kill cut off. */
async function expectWhole(
  path: string,
  acknowledged: Map<number, number>,
  tried: Map<number, number>,
): Promise<void> {
  const store = new SqliteStateStore(path)
  for (const number of new Set([...acknowledged.keys(), ...tried.keys()])) {
    const before = acknowledged.get(number) ?? 0
    const after = tried.get(number) ?? before
    const record = await store.get('acme', sampleId(number))
    const version = record?.version ?? 0
    expect([before, after], `record ${number} is at version ${version}`).toContain(version)
    if (record === undefined) continue
    expect(record).toEqual(versionOf(number, version))
    acknowledged.set(number, version)
    const found = await store.list({ tenantId: 'acme', labels: record.labels }, { limit: 10 })
    expect(found.records.map(({ id }) => id)).toEqual([record.id])
  }
  await store.close()
  using database = new DatabaseSync(path)
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  const labels = database.prepare('SELECT count(*) AS count FROM credential_label').get()
  expect(labels?.count).toBe(acknowledged.size)
}

function startWriter(path: string, firstNumber: number) {
  const child: ChildProcess = startChild(
    'write-stream.ts',
    path,
    String(firstNumber),
    String(recordsPerWriter),
  )
  let output = ''
  const { promise: writing, resolve, reject } = Promise.withResolvers<void>()
  child.stdout?.on('data', chunk => {
    output += chunk
    if (output.includes('ack')) resolve()
  })
  child.on('exit', code => reject(new Error(`The writer ended by itself with ${code}`)))
  return {
    child,
    writing,
    ended: once(child, 'close'),
    /** The whole lines it said: the kill may have cut the last one. */
    lines: () => output.split('\n').slice(0, -1),
  }
}
