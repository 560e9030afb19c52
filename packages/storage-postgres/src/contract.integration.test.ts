import { describeDistributedLock, describeInvalidation, describeStateStore } from '@nebula-credential/testing'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, inject } from 'vitest'
import type {} from '../../../tools/services/vitest/postgres.ts'
import { FreshDatabase } from '../test/fresh-database.ts'
import { Relay } from '../test/relay.ts'
import { migratePostgres, type PostgresOptions, PostgresStateStore } from './index.ts'

const serverUrl = inject('postgresUrl')
const tables = [
  'header',
  'credential',
  'credential_label',
  'lease',
  'audit_chain',
  'audit_entry',
  'outbox_entry',
]
const leaseTiming = { ttlMs: 1_000, renewEveryMs: 100 }

interface Variant {
  readonly options: PostgresOptions
  readonly settings?: string
}

const variants: Readonly<Record<string, Variant>> = {
  'default schema': { options: {} },
  // Quotes, a placeholder of replaceAll, and what a careless template would take for one of its own.
  'custom schema': { options: { schema: `Weird "schema" $& {schema}; --` } },
  'prepared statements, serializable by default': {
    options: { preparedStatements: true, schema: 'strict' },
    settings: 'default_transaction_isolation = serializable',
  },
}

for (const [variant, { options, settings }] of Object.entries(variants)) {
  describe.skipIf(serverUrl === undefined)(variant, () => {
    const schema = options.schema ?? 'nebula'
    const quoted = `"${schema.replaceAll('"', '""')}"`
    let database: FreshDatabase

    beforeAll(async () => {
      database = await FreshDatabase.on(serverUrl as string)
      if (settings !== undefined) await database.run(`ALTER DATABASE ${database.name} SET ${settings}`)
      await migratePostgres(database.url, { schema })
    })
    afterAll(async () => await database[Symbol.asyncDispose]())

    /** Two stores on empty tables, each with a pool of its own, behind one relay. */
    async function openStores() {
      await database.run(`TRUNCATE ${tables.map(table => `${quoted}.${table}`).join(', ')}`)
      const relay = await Relay.to(database.url)
      const open = () => {
        const pool = new Pool({ connectionString: relay.through(database.url) })
        const store = new PostgresStateStore(pool, { leaseTiming, ...options })
        const close = async () => {
          await store.close()
          await pool.end()
        }
        return { store, close }
      }
      const [first, second] = [open(), open()]
      return {
        first: first.store,
        second: second.store,
        leaseTiming,
        async breakBackend() {
          relay.cut()
        },
        async cleanup() {
          await Promise.all([first.close(), second.close()])
          await relay[Symbol.asyncDispose]()
        },
      }
    }

    // With all companions.
    describeStateStore('PostgreSQL', openStores)

    // Once is enough for what the companions' cases above cannot do: take a lease away, cut one connection.
    if (variant !== 'default schema') return

    describeDistributedLock('PostgreSQL', async () => {
      const { first, second, ...harness } = await openStores()
      return {
        ...harness,
        first: first.lock(),
        second: second.lock(),
        timing: leaseTiming,
        async loseLease(held) {
          await database.run(`DELETE FROM ${quoted}.lease WHERE key = $1`, [held.key])
        },
      }
    })

    describeInvalidation('PostgreSQL', async () => {
      const { first, second, cleanup } = await openStores()
      const ends = [first.invalidation(), second.invalidation()] as const
      return {
        first: ends[0],
        second: ends[1],
        async cutConnection() {
          await database.run(terminateListeners)
        },
        async cleanup() {
          await Promise.all(ends.map(end => end.close()))
          await cleanup()
        },
      }
    })
  })
}

const terminateListeners = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND query LIKE 'LISTEN %'`
