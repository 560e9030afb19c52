import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { CredentialError } from '@nebula-credential/core'
import { sampleId, sampleRecord } from '@nebula-credential/testing'
import { describe, expect, test } from 'vitest'
import { SqliteStateStore } from './state-store.ts'
import { temporaryFile } from './test/temporary-file.ts'

describe('the file', () => {
  test('and its companions are readable by their owner only', async () => {
    using file = temporaryFile()
    const store = new SqliteStateStore(file.path)
    await store.create(sampleRecord())
    const outbox = store.outbox()
    const attempt = { attemptId: 'a', generation: 1, sealed: Uint8Array.of(1), createdAt: 1 }
    await outbox.put({ tenantId: 'acme', id: sampleId(), ...attempt })
    const modes = readdirSync(file.folder).map(name => [name, statSync(join(file.folder, name)).mode & 0o777])
    expect(Object.fromEntries(modes)).toEqual({
      'nebula.db': 0o600,
      'nebula.db-wal': 0o600,
      'nebula.db-shm': 0o600,
      'nebula.db.outbox': 0o700,
    })
    await outbox.close()
    await store.close()
  })

  test('keeps the mode that its operator gave it', async () => {
    using file = temporaryFile()
    await openAndClose(file.path)
    chmodSync(file.path, 0o660)
    await openAndClose(file.path)
    expect(statSync(file.path).mode & 0o777).toBe(0o660)
  })

  test('is not made by the constructor, and closing without a call makes none', async () => {
    using file = temporaryFile()
    await new SqliteStateStore(file.path).close()
    expect(existsSync(file.path)).toBe(false)
  })

  test('stays where it was, wherever the process goes', async () => {
    using file = temporaryFile()
    const before = process.cwd()
    process.chdir(file.folder)
    try {
      const store = new SqliteStateStore('nebula.db')
      process.chdir(before)
      await store.readHeader()
      await store.close()
    } finally {
      process.chdir(before)
    }
    expect(existsSync(file.path)).toBe(true)
  })

  test('in a missing folder is refused, and opens once the folder is there', async () => {
    using file = temporaryFile()
    const folder = join(file.folder, 'missing')
    const store = new SqliteStateStore(join(folder, 'nebula.db'))
    const error = await rejection(store.readHeader())
    expect(error).toMatchObject({ code: 'STORAGE_UNAVAILABLE', cause: { code: 'ENOENT' } })
    expect(error.message).toContain(`folder ${folder} does not exist`)
    mkdirSync(folder)
    expect(await store.readHeader()).toBeUndefined()
    await store.close()
  })

  test('of something else is refused and left alone', async () => {
    using file = temporaryFile()
    writeFileSync(file.path, 'no database '.repeat(1_000))
    expect(await rejection(openAndClose(file.path))).toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(readFileSync(file.path, 'utf8')).toBe('no database '.repeat(1_000))
  })

  test('of another program is refused and left alone', async () => {
    using file = temporaryFile()
    const other = new DatabaseSync(file.path)
    other.exec('CREATE TABLE theirs (n)')
    other.close()
    const before = readFileSync(file.path)
    expect(await rejection(openAndClose(file.path))).toMatchObject({ code: 'SCHEMA_MISMATCH' })
    expect(readFileSync(file.path)).toEqual(before)
  })

  test('of a newer release is refused with what to do', async () => {
    using file = temporaryFile()
    await openAndClose(file.path)
    const newer = new DatabaseSync(file.path)
    newer.exec('PRAGMA user_version = 1000')
    newer.close()
    const error = await rejection(openAndClose(file.path))
    expect(error).toMatchObject({ code: 'SCHEMA_MISMATCH', retryable: false })
    expect(error.message).toMatch(/version 1000.*Upgrade/)
  })

  test('with a damaged row rejects for that credential only, with DECRYPTION_FAILED', async () => {
    using file = temporaryFile()
    const store = new SqliteStateStore(file.path)
    await store.create(sampleRecord({ labels: { team: 'a' } }))
    await store.create(sampleRecord({ id: sampleId(1) }))
    using hostile = new DatabaseSync(file.path)
    hostile.exec(`UPDATE credential SET shares = '[{' WHERE id = '${sampleId()}'`)
    expect(() => store.get('acme', sampleId())).toThrow(
      expect.objectContaining({ code: 'DECRYPTION_FAILED', credentialId: sampleId() }),
    )
    expect(await store.get('acme', sampleId(1))).toBeDefined()
    await store.close()
  })
})

describe('a row that hostile hands have edited', () => {
  test.each([
    ['tags', `'5'`],
    ['tags', `'{"every": 1}'`],
    ['tags', `'[1, null]'`],
    ['shares', `'"x"'`],
    ['shares', `'[null]'`],
    ['shares', `'[{"workflowId": {"a": 1}}]'`],
    ['details', `'{"intent": null, "coolOff": null, "rotation": null, "failure": null}'`],
  ])('%s set to %s: it reads as not set, and the list goes on', async (column, value) => {
    using file = temporaryFile()
    const store = new SqliteStateStore(file.path)
    await store.create(sampleRecord())
    await store.create(sampleRecord({ id: sampleId(1) }))
    using hostile = new DatabaseSync(file.path)
    hostile.exec(`UPDATE credential SET ${column} = ${value} WHERE id = '${sampleId()}'`)
    const unset = { intent: undefined, coolOff: undefined, rotation: undefined, failure: undefined }
    expect(await store.get('acme', sampleId())).toMatchObject({ shares: [], ...unset })
    expect((await store.get('acme', sampleId()))?.scope.tags).toBeUndefined()
    expect((await store.list({}, { limit: 10 })).records).toHaveLength(2)
    await store.close()
  })
})

describe('options', () => {
  test.each(['', ':memory:', 'file:nebula.db', 'a\0b'])('path %j is refused at once', path => {
    expect(() => new SqliteStateStore(path)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  test('the refusal of memory points to MemoryStateStore', () => {
    expect(() => new SqliteStateStore(':memory:')).toThrow(/MemoryStateStore/)
  })

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('busyTimeoutMs %d is refused', busyTimeoutMs => {
    const open = () => new SqliteStateStore('nebula.db', { busyTimeoutMs })
    expect(open).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })
})

describe('companions', () => {
  test('live on after the store that made them is closed', async () => {
    using file = temporaryFile()
    const store = new SqliteStateStore(file.path)
    const [lock, audit] = [store.lock(), store.audit()]
    await store.close()
    const lease = await lock.acquire('k', { waitMs: 10_000 })
    await lease.release()
    expect(await audit.head('c')).toBeUndefined()
    await lock.close()
    await audit.close()
  })
})

async function openAndClose(path: string): Promise<void> {
  const store = new SqliteStateStore(path)
  try {
    await store.readHeader()
  } finally {
    await store.close()
  }
}

async function rejection(work: Promise<unknown>): Promise<CredentialError> {
  return work.then(
    () => expect.unreachable('it must reject'),
    error => error,
  )
}
