import type { ListFilter } from '@nebula-credential/core'
import { Client, Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type {} from '../../../tools/services/vitest/postgres.ts'
import { FreshDatabase } from '../test/fresh-database.ts'
import { PostgresStateStore } from './index.ts'

const serverUrl = inject('postgresUrl')
const rows = 30_000

interface Sent {
  readonly text: string
  readonly values: unknown[]
}

/** A driver's client that remembers what the store sent. */
class RecordingClient extends Client {
  static last = {} as Sent

  override query(...given: never[]): never {
    RecordingClient.last = (given as unknown[])[0] as Sent
    return super.query(...(given as [never])) as never
  }
}

describe.skipIf(serverUrl === undefined)(`list of ${rows} records`, () => {
  let database: FreshDatabase
  let pool: Pool
  let store: PostgresStateStore

  beforeAll(async () => {
    database = await FreshDatabase.on(serverUrl as string)
    pool = new Pool({ connectionString: database.url, Client: RecordingClient as never })
    store = new PostgresStateStore(pool)
    await store.readHeader()
    // 30 tenants; every tenth record is due.
    await database.run(
      `INSERT INTO nebula.credential (tenant_id, id, version, type, status, state_version, generation, name, labels, due_at, created_at, updated_at, state)
       SELECT 'tenant ' || n % 30, 'chat_bot_' || lpad(n::text, 26, '0'), 1, CASE WHEN n % 3 = 0 THEN 'api_key' ELSE 'chat_bot' END,
         CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'active' END, 1, 1, 'name', jsonb_build_object('team', 'team ' || n, 'stage', 'prod'),
         CASE WHEN n % 10 = 0 THEN n END, 0, 0, decode(repeat('ab', 600), 'hex')
       FROM generate_series(1, ${rows}) AS n`,
    )
    await database.run('ANALYZE nebula.credential')
    await database.run('ANALYZE nebula.credential_label')
  }, 60_000)
  afterAll(async () => {
    await store.close()
    await pool.end()
    await database[Symbol.asyncDispose]()
  })

  const filters: Readonly<Record<string, ListFilter>> = {
    'all tenants': {},
    'a tenant': { tenantId: 'tenant 7' },
    'a type': { type: 'api_key' },
    'a status': { status: 'failed' },
    'a type and a status': { type: 'api_key', status: 'active' },
    'a tenant and a type': { tenantId: 'tenant 7', type: 'chat_bot' },
    'due work': { dueBefore: rows },
    'due work of a status': { dueBefore: rows, status: 'active' },
    'due work of a tenant': { dueBefore: rows, tenantId: 'tenant 10' },
    'a label': { tenantId: 'tenant 7', labels: { stage: 'prod' } },
  }

  test.each(Object.entries(filters))(
    '%s: each page is read from an index, in its order',
    async (_, filter) => {
      const first = await store.list(filter, { limit: 20 })
      expect(first.records).toHaveLength(20)
      await expectIndexScan()
      const second = await store.list(filter, { limit: 20, cursor: first.cursor })
      expect(second.records).toHaveLength(20)
      await expectIndexScan()
      expect(new Set([...first.records, ...second.records].map(({ id }) => id)).size).toBe(40)
    },
  )

  /** Explains the statement that the store sent last, with its values. */
  async function expectIndexScan(): Promise<void> {
    const { text, values } = RecordingClient.last
    const [row] = await database.run(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values)
    const nodes = JSON.stringify(row).matchAll(/"Node Type":"(.*?)"/g)
    const kinds = [...nodes].map(([, kind]) => kind)
    expect(['Index Scan', 'Index Only Scan', 'Nested Loop', 'Limit']).toEqual(expect.arrayContaining(kinds))
  }
})
