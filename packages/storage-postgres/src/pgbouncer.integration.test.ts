import { setTimeout as wait } from 'node:timers/promises'
import { type InvalidationMessage, isCredentialError } from '@nebula-credential/core'
import { fullRecord, sampleId } from '@nebula-credential/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { unlessUnavailable } from '../../../tools/services/service-unavailable.ts'
import type {} from '../../../tools/services/vitest/postgres.ts'
import { FreshDatabase } from '../test/fresh-database.ts'
import { Pgbouncer } from '../test/pgbouncer.ts'
import { PostgresStateStore } from './index.ts'

const serverUrl = inject('postgresUrl')

describe.skipIf(serverUrl === undefined)('behind PgBouncer in transaction mode', () => {
  let database: FreshDatabase
  let pooler: Pgbouncer | undefined
  let url: string

  beforeAll(async () => {
    database = await FreshDatabase.on(serverUrl as string)
    pooler = await unlessUnavailable('PostgreSQL behind PgBouncer', () => Pgbouncer.before(database.url))
    url = pooler?.through(database.url) ?? ''
  }, 120_000)
  beforeEach(context => context.skip(pooler === undefined, 'PgBouncer cannot be had here'))
  afterAll(async () => {
    await pooler?.[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  })

  test('stores that start together migrate once, and compare-and-set has one winner', async () => {
    const stores = Array.from({ length: 5 }, () => new PostgresStateStore(url))
    await Promise.all(stores.map(store => store.readHeader()))
    await stores[0]?.create(fullRecord())
    const writes = stores.map(store => store.replace(fullRecord({ version: 2 })))
    const outcomes = (await Promise.allSettled(writes)).map(({ status }) => status)
    expect(outcomes.toSorted()).toEqual(['fulfilled', ...Array(4).fill('rejected')])
    const labels = { team: 'support' }
    expect((await stores[1]?.list({ tenantId: 'acme', labels }, { limit: 9 }))?.records).toHaveLength(1)
    await stores[2]
      ?.audit()
      .append('acme/1', [{ sequence: 1, previousHash: '', hash: 'a', keyId: 'k', event: '{}' }], 0)
    await Promise.all(stores.map(store => store.close()))
  })

  test('without the option listen, a subscription is refused with what to do, and a lock wakes its waiter by looking', async () => {
    const options = { connectTimeoutMs: 2_000 }
    const [first, second] = [new PostgresStateStore(url, options), new PostgresStateStore(url, options)]
    const error = await first
      .invalidation()
      .subscribe(noop, noop)
      .catch(caught => caught)
    expect(isCredentialError(error, 'STORAGE_UNAVAILABLE')).toBe(true)
    expect(error.message).toContain('the option listen')

    const [lock, other] = [first.lock(), second.lock()]
    const held = await lock.acquire('key', { waitMs: 1_000 })
    // Less than the lease would last.
    const waiting = other.acquire('key', { waitMs: 20_000 })
    await wait(500)
    await held.release()
    await (await waiting).release()
    await Promise.all([lock, other, first, second].map(closable => closable.close()))
  })

  test('with the option listen, messages arrive', async () => {
    const options = { listen: database.url }
    const [first, second] = [new PostgresStateStore(url, options), new PostgresStateStore(url, options)]
    const [publisher, listener] = [first.invalidation(), second.invalidation()]
    const heard: InvalidationMessage[] = []
    await listener.subscribe(message => heard.push(message), noop)
    const message = { tenantId: 'acme', id: sampleId(), version: 2 }
    await publisher.publish(message)
    await expect.poll(() => heard).toEqual([message])
    await Promise.all([publisher, listener, first, second].map(closable => closable.close()))
  })
})

function noop(): void {}
