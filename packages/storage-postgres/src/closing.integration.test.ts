import { sampleId, sampleRecord } from '@nebula-credential/testing'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type {} from '../../../tools/services/vitest/postgres.ts'
import { FreshDatabase } from '../test/fresh-database.ts'
import { PostgresStateStore } from './index.ts'

const serverUrl = inject('postgresUrl')

describe.skipIf(serverUrl === undefined)('what a store opened and what it was given', () => {
  let database: FreshDatabase

  beforeAll(async () => {
    database = await FreshDatabase.on(serverUrl as string)
  })
  afterAll(async () => await database[Symbol.asyncDispose]())

  async function connections(): Promise<number> {
    const [row] = await database.run(
      `SELECT count(*)::int AS count FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
    )
    return row?.count as number
  }

  test('a pool that was given stays open, and its own users’ parsers of values do no harm', async () => {
    const asText = { getTypeParser: () => (value: unknown) => `text ${value}` }
    const pool = new Pool({ connectionString: database.url, types: asText as never })
    const store = new PostgresStateStore(pool)
    await store.create(sampleRecord())
    expect((await store.get('acme', sampleId()))?.version).toBe(1)
    await store.close()
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 'text 1' }])
    await pool.end()
  })

  test('a pool that the program ended is CLOSED', async () => {
    const pool = new Pool({ connectionString: database.url })
    const store = new PostgresStateStore(pool)
    await pool.end()
    await expect(store.readHeader()).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('a pool of our own closes with the last of the store and its companions, whatever their order', async () => {
    const store = new PostgresStateStore(database.url)
    const [lock, outbox, audit, invalidation] = [
      store.lock(),
      store.outbox(),
      store.audit(),
      store.invalidation(),
    ]
    await invalidation.subscribe(
      () => {},
      () => {},
    )
    const lease = await lock.tryAcquire('key')
    await store.close()
    await lease?.release()
    await lock.close()
    await audit.close()
    expect(await outbox.list('acme', 'x')).toEqual([])
    await outbox.close()
    expect(await connections()).toBeGreaterThan(0)
    await invalidation.close()
    await until(async () => (await connections()) === 0)
  })
})

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('did not come true in 30 s')
  }
}
