import { execFile } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isCredentialError } from '@nebula-credential/core'
import { sampleRecord } from '@nebula-credential/testing'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type {} from '../../../tools/services/vitest/postgres.ts'
import { FreshDatabase } from '../test/fresh-database.ts'
import { migratePostgres, PostgresStateStore } from './index.ts'

const run = promisify(execFile)
const serverUrl = inject('postgresUrl')

describe.skipIf(serverUrl === undefined)('migration', () => {
  let database: FreshDatabase

  beforeAll(async () => {
    database = await FreshDatabase.on(serverUrl as string)
  })
  afterAll(async () => await database[Symbol.asyncDispose]())

  async function tables(schema: string): Promise<string[]> {
    const rows = await database.run('SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1', [
      schema,
    ])
    return rows.map(row => row.tablename as string)
  }

  test('ten processes that start together all succeed, and each migration is applied once', async () => {
    const script = fileURLToPath(new URL('../test/open-store.ts', import.meta.url))
    // Late enough for the slowest to have started.
    const startAt = Date.now() + 6_000
    const workers = Array.from({ length: 10 }, () =>
      run(process.execPath, ['--conditions=@nebula-credential/source', script, 'together', String(startAt)], {
        env: { ...process.env, STORE_URL: database.url },
      }),
    )
    const outcomes = await Promise.all(workers)
    expect(outcomes.map(({ stdout }) => stdout.trim())).toEqual(Array(10).fill('ready'))
    const ledger = await database.run('SELECT version FROM together.schema_migration')
    expect(ledger).toEqual([{ version: 1 }])
  }, 300_000)

  test('calls of one process that come before the first has migrated all succeed', async () => {
    const store = new PostgresStateStore(database.url, { schema: 'at_once' })
    const ids = Array.from({ length: 20 }, (_, n) => `chat_bot_${n}` as never)
    await Promise.all(ids.map(id => store.create(sampleRecord({ id }))))
    expect((await store.list({}, { limit: 100 })).records).toHaveLength(20)
    await store.close()
  })

  test('a schema of a newer release is refused with what to do, and left alone', async () => {
    await migratePostgres(database.url, { schema: 'newer' })
    await database.run('INSERT INTO newer.schema_migration (version) VALUES (99)')
    const store = new PostgresStateStore(database.url, { schema: 'newer' })
    const error = await store.create(sampleRecord()).catch(caught => caught)
    expect(isCredentialError(error, 'SCHEMA_MISMATCH')).toBe(true)
    expect(error.message).toContain('schema version 99, and this release knows 1. Upgrade')
    await expect(migratePostgres(database.url, { schema: 'newer' })).rejects.toMatchObject({
      code: 'SCHEMA_MISMATCH',
    })
    expect(await database.run('SELECT 1 FROM newer.credential')).toEqual([])
    await store.close()
  })

  test('without the option migrate, an absent schema is refused until an operator has migrated', async () => {
    const store = new PostgresStateStore(database.url, { schema: 'by_operator', migrate: false })
    const error = await store.readHeader().catch(caught => caught)
    expect(isCredentialError(error, 'SCHEMA_MISMATCH')).toBe(true)
    expect(error.message).toContain('Run migratePostgres')
    expect(await tables('by_operator')).toEqual([])
    await migratePostgres(database.url, { schema: 'by_operator' })
    await migratePostgres(database.url, { schema: 'by_operator' })
    expect(await store.readHeader()).toBeUndefined()
    await store.close()
  })

  test('a user who may only read and write rows can work with a migrated schema, and is told what it lacks', async () => {
    const user = `worker_of_${database.name}`
    const url = new URL(database.url)
    url.username = user
    url.password = 'worker'
    await database.run(`CREATE ROLE ${user} LOGIN PASSWORD 'worker'`)
    try {
      const early = new PostgresStateStore(url.href)
      const refused = await early.readHeader().catch(caught => caught)
      expect(isCredentialError(refused, 'STORAGE_UNAVAILABLE')).toBe(true)
      expect(refused.message).toContain('lacks a privilege')

      await migratePostgres(database.url)
      await database.run(`GRANT USAGE ON SCHEMA nebula TO ${user}`)
      await database.run(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA nebula TO ${user}`)
      const record = sampleRecord({ labels: { team: 'support' } })
      await early.create(record)
      await early.replace({ ...record, version: 2, labels: { team: 'sales' } })
      await (await early.lock().acquire('key', { waitMs: 1_000 })).release()
      await early
        .audit()
        .append('acme/1', [{ sequence: 1, previousHash: '', hash: 'a', keyId: 'k', event: '{}' }], 0)
      await early.delete({ tenantId: 'acme', id: record.id }, 2)
      await early.close()
    } finally {
      await database.run(`DROP OWNED BY ${user}`)
      await database.run(`DROP ROLE ${user}`)
    }
  })

  test('a schema that holds another program’s tables is refused, and left as it was', async () => {
    await database.run('CREATE SCHEMA foreign_one')
    await database.run('CREATE TABLE foreign_one.credential (mine text)')
    const store = new PostgresStateStore(database.url, { schema: 'foreign_one' })
    const error = await store.readHeader().catch(caught => caught)
    expect(isCredentialError(error, 'SCHEMA_MISMATCH')).toBe(true)
    expect(error.message).toContain('another program')
    expect(await tables('foreign_one')).toEqual(['credential'])
    await store.close()
  })

  test('a database that is read-only by default is refused, with nothing half-written, and works once it is not', async () => {
    await using readOnly = await FreshDatabase.on(serverUrl as string)
    await readOnly.run(`ALTER DATABASE ${readOnly.name} SET default_transaction_read_only = on`)
    const store = new PostgresStateStore(readOnly.url)
    const error = await store.create(sampleRecord()).catch(caught => caught)
    expect(isCredentialError(error, 'STORAGE_UNAVAILABLE')).toBe(true)
    expect(error.message).toContain('read-only')
    expect(await readOnly.run(`SELECT 1 FROM pg_namespace WHERE nspname = 'nebula'`)).toEqual([])

    await readOnly.run(
      `BEGIN READ WRITE; ALTER DATABASE ${readOnly.name} RESET default_transaction_read_only; COMMIT`,
    )
    await store.create(sampleRecord())
    // Migrated by now, and read-only again: each write is refused, and reads go on.
    await readOnly.run(`ALTER DATABASE ${readOnly.name} SET default_transaction_read_only = on`)
    const late = new PostgresStateStore(readOnly.url)
    const writes = await Promise.allSettled([
      late.create(sampleRecord({ id: 'chat_bot_other' as never })),
      late.replace(sampleRecord({ version: 2 })),
      late.delete({ tenantId: 'acme', id: sampleRecord().id }, 1),
      late
        .audit()
        .append('acme/1', [{ sequence: 1, previousHash: '', hash: 'a', keyId: 'k', event: '{}' }], 0),
    ])
    for (const write of writes) {
      expect(write).toMatchObject({ status: 'rejected', reason: { code: 'STORAGE_UNAVAILABLE' } })
    }
    expect((await late.list({}, { limit: 10 })).records.map(({ version }) => version)).toEqual([1])
    expect(await readOnly.run('SELECT 1 FROM nebula.audit_chain')).toEqual([])
    await store.close()
    await late.close()
  })

  test('a look at the schema that hangs ends as any statement does, and is repeated by the next call', async () => {
    await migratePostgres(database.url, { schema: 'hanging' })
    const store = new PostgresStateStore(database.url, { schema: 'hanging', statementTimeoutMs: 2_000 })
    const blocker = await openTransaction(database, 'LOCK TABLE hanging.schema_migration')
    await expect(store.readHeader()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    await blocker.end()
    expect(await store.readHeader()).toBeUndefined()
    await store.close()
  })

  test('a migration waits for another process as long as it may, whatever timeouts the host has set', async () => {
    await using impatient = await FreshDatabase.on(serverUrl as string)
    for (const setting of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']) {
      await impatient.run(`ALTER DATABASE ${impatient.name} SET ${setting} = '100ms'`)
    }
    const blocker = await openTransaction(
      impatient,
      'SET LOCAL idle_in_transaction_session_timeout = 0; LOCK TABLE pg_catalog.pg_namespace IN EXCLUSIVE MODE',
    )
    const store = new PostgresStateStore(impatient.url)
    const [created] = await Promise.allSettled([
      store.create(sampleRecord()),
      wait(500).then(() => blocker.end()),
    ])
    expect(created).toMatchObject({ status: 'fulfilled' })
    await store.close()
  })

  test('a migration that was cut off leaves nothing, and the next call does it', async () => {
    // Keeps everybody from creating schemas, so that the migration hangs in the middle of its transaction.
    const store = new PostgresStateStore(database.url, { schema: 'cut_off', migrationTimeoutMs: 4_000 })
    const blocker = await openTransaction(database, 'LOCK TABLE pg_catalog.pg_namespace IN EXCLUSIVE MODE')
    const error = await store.readHeader().catch(caught => caught)
    expect(isCredentialError(error, 'STORAGE_UNAVAILABLE')).toBe(true)
    expect(await tables('cut_off')).toEqual([])
    await blocker.end()
    expect(await store.readHeader()).toBeUndefined()
    await store.close()
  })
})

/** A transaction that an operator forgot to end. */
async function openTransaction(database: FreshDatabase, sql: string): Promise<Client> {
  const client = new Client(database.url)
  await client.connect()
  await client.query(`BEGIN; ${sql}`)
  return client
}
