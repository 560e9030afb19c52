import { setTimeout as wait } from 'node:timers/promises'
import { inspect } from 'node:util'
import { type InvalidationMessage, isCredentialError } from '@nebula-credential/core'
import { sampleId, sampleRecord } from '@nebula-credential/testing'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { PostgresServer } from '../../../tools/services/postgres-server.ts'
import type {} from '../../../tools/services/vitest/postgres.ts'
import { FreshDatabase } from '../test/fresh-database.ts'
import { PostgresStateStore } from './index.ts'

// Where the shared server could not be started, neither can one of our own.
const serverUrl = inject('postgresUrl')

describe.skipIf(serverUrl === undefined)('faults of the server', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start({ durable: true })
  }, 60_000)
  afterAll(async () => await server[Symbol.asyncDispose]())

  test('cut connections: calls fail with STORAGE_UNAVAILABLE or succeed, and all succeed again by themselves', async () => {
    await using database = await FreshDatabase.on(server.url)
    const store = new PostgresStateStore(database.url)
    await store.create(sampleRecord())
    const outcomes: string[] = []
    let isDone = false
    const calls = Array.from({ length: 5 }, async () => {
      while (!isDone) {
        outcomes.push(await store.get('acme', sampleId()).then(() => 'fulfilled', codeOf))
      }
    })
    for (let round = 0; round < 20; round++) {
      await wait(20)
      await database.run(terminateAll)
    }
    isDone = true
    await Promise.all(calls)
    expect(new Set(outcomes)).toEqual(new Set(['fulfilled', 'STORAGE_UNAVAILABLE']))
    await until(isWorking(store))
    await store.close()
  })

  test('idle connections that were cut do no harm', async () => {
    await using database = await FreshDatabase.on(server.url)
    const pool = new Pool({ connectionString: database.url })
    pool.on('error', () => {})
    const store = new PostgresStateStore(pool)
    await store.create(sampleRecord())
    await database.run(terminateAll)
    await until(() => pool.totalCount === 0)
    expect((await store.get('acme', sampleId()))?.version).toBe(1)
    await store.close()
    await pool.end()
  })

  test('a server that restarts: STORAGE_UNAVAILABLE in time while it is down, then all works by itself', async () => {
    await using database = await FreshDatabase.on(server.url)
    // Longer than a busy machine takes to restart a server.
    const store = new PostgresStateStore(database.url, { leaseTiming: { ttlMs: 60_000, renewEveryMs: 300 } })
    const invalidation = store.invalidation()
    const heard: InvalidationMessage[] = []
    let gaps = 0
    await invalidation.subscribe(
      message => heard.push(message),
      () => gaps++,
    )
    await store.create(sampleRecord())
    const lease = await store.lock().acquire('key', { waitMs: 1_000 })

    await server.stop()
    const startedAt = performance.now()
    const calls = [
      store.get('acme', sampleId()),
      store.list({}, { limit: 1 }),
      store.outbox().list('acme', 'x'),
    ]
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'STORAGE_UNAVAILABLE' } })
    }
    expect(performance.now() - startedAt).toBeLessThan(20_000)
    expect(gaps).toBeGreaterThan(0)
    const gapsWhileDown = gaps

    await server.start()
    expect((await store.get('acme', sampleId()))?.version).toBe(1)
    // Leases outlive an orderly restart, and go on.
    const endOfLease = async () => {
      const [row] = await database.run(
        `SELECT extract(epoch FROM expires_at)::float8 AS at FROM nebula.lease`,
      )
      return row?.at as number
    }
    const before = await endOfLease()
    await until(async () => (await endOfLease()) > before)
    expect(lease.signal.aborted).toBe(false)
    await lease.release()
    // A second gap when it hears again: what was cached in between may have changed.
    await until(() => gaps > gapsWhileDown)
    await invalidation.publish({ tenantId: 'acme', id: 'x', version: 2 })
    await until(() => heard.length > 0)
    await invalidation.close()
    await store.close()
  })

  test('a server that crashes: leases end, and their holders learn it', async () => {
    await using database = await FreshDatabase.on(server.url)
    const store = new PostgresStateStore(database.url, { leaseTiming: { ttlMs: 2_000, renewEveryMs: 300 } })
    const lease = await store.lock().acquire('key', { waitMs: 1_000 })
    // When one of its processes dies of SIGKILL, the server drops all memory and recovers.
    const [writer] = await database.run(`SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'`)
    process.kill(writer?.pid as number, 'SIGKILL')
    await until(() => lease.signal.aborted)
    expect(isCredentialError(lease.signal.reason, 'LOCK_LOST')).toBe(true)
    await until(isWorking(store))
    await store.close()
  })

  test('a frozen server: STORAGE_UNAVAILABLE within the configured times', async () => {
    await using database = await FreshDatabase.on(server.url)
    const store = new PostgresStateStore(database.url, { connectTimeoutMs: 1_000, statementTimeoutMs: 1_200 })
    await store.create(sampleRecord())
    const [backend] = await database.run(
      'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
    process.kill(backend?.pid as number, 'SIGSTOP')
    server.process.signal('SIGSTOP')
    try {
      // The first waits for the answer on the connection that is open, the second for a connection.
      for (const boundMs of [1_200, 1_000]) {
        const startedAt = performance.now()
        const error = await store.get('acme', sampleId()).catch(caught => caught)
        const waited = performance.now() - startedAt
        expect(isCredentialError(error, 'STORAGE_UNAVAILABLE')).toBe(true)
        expect(error.message).toContain(`${boundMs} ms`)
        expect(waited).toBeGreaterThan(boundMs - 50)
        expect(waited).toBeLessThan(boundMs + 10_000)
      }
    } finally {
      process.kill(backend?.pid as number, 'SIGCONT')
      server.process.signal('SIGCONT')
    }
    expect((await store.get('acme', sampleId()))?.version).toBe(1)
    await store.close()
  })

  test('a pool that is exhausted: STORAGE_UNAVAILABLE in time, and no statement later', async () => {
    await using database = await FreshDatabase.on(server.url)
    // Without a timeout of its own, so that the store's is what ends the wait.
    const pool = new Pool({ connectionString: database.url, max: 2 })
    const store = new PostgresStateStore(pool, { connectTimeoutMs: 1_000 })
    await store.readHeader()
    const busy = [await pool.connect(), await pool.connect()]
    const error = await store.create(sampleRecord()).catch(caught => caught)
    expect(isCredentialError(error, 'STORAGE_UNAVAILABLE')).toBe(true)
    expect(error.message).toContain('no connection within 1000 ms')
    for (const client of busy) client.release()
    await wait(100)
    expect(await store.get('acme', sampleId())).toBeUndefined()
    expect(pool.totalCount - pool.idleCount).toBe(0)
    await store.create(sampleRecord())
    await store.close()
    await pool.end()
  })

  test('a server without a connection left: STORAGE_UNAVAILABLE that says so', async () => {
    await using database = await FreshDatabase.on(server.url)
    const user = `one_${database.name}`
    await database.run(`CREATE ROLE ${user} LOGIN PASSWORD 'one' CONNECTION LIMIT 0`)
    const url = new URL(database.url)
    url.username = user
    url.password = 'one'
    const store = new PostgresStateStore(url.href)
    const error = await store.readHeader().catch(caught => caught)
    expect(isCredentialError(error, 'STORAGE_UNAVAILABLE')).toBe(true)
    expect(error.message).toContain('no connection left')
    await store.close()
    await database.run(`DROP ROLE ${user}`)
  })

  test('a waiter for a lock whose listening connection was killed still wakes', async () => {
    await using database = await FreshDatabase.on(server.url)
    const [first, second] = [new PostgresStateStore(database.url), new PostgresStateStore(database.url)]
    const locks = [first.lock(), second.lock()] as const
    const held = await locks[0].acquire('key', { waitMs: 1_000 })
    // Less than the lease would last.
    const waiting = locks[1].acquire('key', { waitMs: 20_000 })
    await until(async () => (await isAwaited(database)) && (await countListeners(database)) === 1)
    expect(await database.run(terminateListeners)).toHaveLength(1)
    await held.release()
    await (await waiting).release()
    await Promise.all([...locks, first, second].map(closable => closable.close()))
  })

  test('a waiter costs no queries while it waits', async () => {
    await using database = await FreshDatabase.on(server.url)
    const pool = new Pool({ connectionString: database.url })
    const [first, second] = [new PostgresStateStore(database.url), new PostgresStateStore(pool)]
    const locks = [first.lock(), second.lock()] as const
    const held = await locks[0].acquire('key', { waitMs: 1_000 })
    const waiting = locks[1].acquire('key', { waitMs: 60_000 })
    await until(async () => (await isAwaited(database)) && (await countListeners(database)) === 1)
    // It looks once more when it begins to hear.
    await wait(1_000)
    let statements = 0
    pool.on('acquire', () => statements++)
    await wait(1_000)
    expect(statements).toBe(0)
    await held.release()
    await (await waiting).release()
    await Promise.all([...locks, first, second].map(closable => closable.close()))
    await pool.end()
  })

  test.each(['2999-01-01', 'infinity'])(
    'a lease that ends at %s, by a wrong clock or hostile hands, is waited for without a query after the other',
    async end => {
      await using database = await FreshDatabase.on(server.url)
      const pool = new Pool({ connectionString: database.url })
      const store = new PostgresStateStore(pool)
      const lock = store.lock()
      await (await lock.acquire('key', { waitMs: 1_000 })).release()
      await database.run('INSERT INTO nebula.lease (key, owner_token, expires_at) VALUES ($1, $2, $3)', [
        ...['key', 'nobody', end],
      ])
      let statements = 0
      pool.on('acquire', () => statements++)
      await expect(lock.acquire('key', { waitMs: 500 })).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' })
      expect(statements).toBeLessThan(10)
      await lock.close()
      await store.close()
      await pool.end()
    },
  )

  test('a database that is not there, a wrong password, a closed port: each says what to do, none shows the password', async () => {
    const secret = 'sentinel-5ecret'
    const absent = new URL(server.url)
    absent.pathname = '/absent'
    const refused = new URL(server.url)
    refused.password = secret
    const closed = new URL(refused)
    closed.port = '1'
    const without = new URL(server.url)
    without.password = ''
    const unknownHost = new URL(refused)
    unknownHost.hostname = 'host.invalid'
    const cases = [
      [absent, 'There is no such database', server.password],
      [refused, 'refuses the password', secret],
      [closed, '127.0.0.1:1/postgres schema nebula cannot be reached (ECONNREFUSED)', secret],
      [unknownHost, 'host.invalid', secret],
      [without, 'whether a password is given', server.password],
    ] as const
    for (const [url, advice, password] of cases) {
      const store = new PostgresStateStore(url.href)
      const error = await store.readHeader().catch(caught => caught)
      expect(isCredentialError(error, 'STORAGE_UNAVAILABLE')).toBe(true)
      expect(error.message).toContain(advice)
      const lock = store.lock()
      const listening = await store
        .invalidation()
        .subscribe(
          () => {},
          () => {},
        )
        .catch(caught => caught)
      expect(isCredentialError(listening, 'STORAGE_UNAVAILABLE')).toBe(true)
      const shown = [error, error.cause, listening, listening.cause, store, lock].map(value =>
        [inspect(value, { depth: 12, showHidden: false }), String(value), safeJson(value)].join('\n'),
      )
      expect(shown.join('\n')).not.toContain(password)
      await lock.close()
      await store.close()
    }
  })
})

const others = 'datname = current_database() AND pid <> pg_backend_pid()'
const terminateAll = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others}`
const listeners = `${others} AND query LIKE 'LISTEN %'`
const terminateListeners = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${listeners}`

async function countListeners(database: FreshDatabase): Promise<number> {
  return (await database.run(`SELECT pid FROM pg_stat_activity WHERE ${listeners}`)).length
}

/** Whether the lock's waiter has marked the lease that it waits for. */
async function isAwaited(database: FreshDatabase): Promise<boolean> {
  return (await database.run('SELECT 1 FROM nebula.lease WHERE awaited')).length > 0
}

function isWorking(store: PostgresStateStore): () => Promise<boolean> {
  return () =>
    store.readHeader().then(
      () => true,
      () => false,
    )
}

function codeOf(error: unknown): string {
  return isCredentialError(error) ? error.code : String(error)
}

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`did not come true: ${holds}`)
    await wait(20)
  }
}
