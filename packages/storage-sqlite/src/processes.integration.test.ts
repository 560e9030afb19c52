import { readFile, writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { isCredentialError } from '@nebula-credential/core'
import { sampleId, sampleRecord } from '@nebula-credential/testing'
import { describe, expect, test } from 'vitest'
import { migrations } from './generated/migrations.ts'
import { SqliteStateStore } from './state-store.ts'
import { runChild } from './test/child.ts'
import { temporaryFile } from './test/temporary-file.ts'

describe('several processes on one file', () => {
  test('ten that open a fresh file at once migrate it once, and all succeed', async () => {
    using file = temporaryFile()
    const at = String(Date.now() + 2_500)
    await Promise.all(Array.from({ length: 10 }, (_, n) => runChild('open-at.ts', file.path, String(n), at)))
    const store = new SqliteStateStore(file.path)
    expect((await store.list({}, { limit: 100 })).records).toHaveLength(10)
    await store.close()
    using database = new DatabaseSync(file.path)
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: migrations.length })
  }, 300_000)

  test('four that contend for one lock lose no increment', async () => {
    using file = temporaryFile()
    const counter = `${file.path}.counter`
    await writeFile(counter, '0')
    await Promise.all(Array.from({ length: 4 }, () => runChild('count-locked.ts', file.path, counter, '50')))
    expect(await readFile(counter, 'utf8')).toBe('200')
  }, 300_000)
})

describe('while another connection holds the write lock', () => {
  test('a write waits without blocking the event loop, reads go on, and the write succeeds after it', async () => {
    using file = temporaryFile()
    const store = new SqliteStateStore(file.path, { busyTimeoutMs: 60_000 })
    await store.create(sampleRecord())
    using holder = new DatabaseSync(file.path)
    holder.exec('BEGIN IMMEDIATE')
    let written = false
    const writing = store.create(sampleRecord({ id: sampleId(1) })).then(() => {
      written = true
    })
    let ticks = 0
    const timer = setInterval(() => ticks++, 5)
    const before = performance.eventLoopUtilization()
    await expect.poll(() => ticks).toBeGreaterThan(60)
    // A wait in SQLite would count as work of the event loop.
    expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5)
    clearInterval(timer)
    expect(written).toBe(false)
    expect(await store.get('acme', sampleId(1))).toBeUndefined()
    holder.exec('COMMIT')
    await writing
    expect(await store.get('acme', sampleId(1))).toBeDefined()
    await store.close()
  })

  test('a write gives up after busyTimeoutMs with STORAGE_UNAVAILABLE, and the next one succeeds', async () => {
    using file = temporaryFile()
    const store = new SqliteStateStore(file.path, { busyTimeoutMs: 150 })
    await store.readHeader()
    using holder = new DatabaseSync(file.path)
    holder.exec('BEGIN IMMEDIATE')
    const startedAt = performance.now()
    const error = await store.create(sampleRecord()).catch((thrown: unknown) => thrown)
    expect(isCredentialError(error, 'STORAGE_UNAVAILABLE')).toBe(true)
    expect(error).toMatchObject({ retryable: true, message: expect.stringContaining(file.path) })
    expect(performance.now() - startedAt).toBeLessThan(4_000)
    holder.exec('COMMIT')
    expect(await store.get('acme', sampleId())).toBeUndefined()
    await store.create(sampleRecord())
    await store.close()
  })

  test('a wait for the lock ends with its own time, and a closed store ends its waits', async () => {
    using file = temporaryFile()
    const store = new SqliteStateStore(file.path)
    await store.readHeader()
    const lock = store.lock()
    using holder = new DatabaseSync(file.path)
    holder.exec('BEGIN IMMEDIATE')
    await expect(lock.acquire('k', { waitMs: 60 })).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' })
    const writing = store.create(sampleRecord())
    await store.close()
    await expect(writing).rejects.toMatchObject({ code: 'CLOSED' })
    holder.exec('COMMIT')
    const lease = await lock.acquire('k', { waitMs: 10_000 })
    await lease.release()
    await lock.close()
  })
})
