import { inspect } from 'node:util'
import { fullRecord, sampleId, sampleRecord } from '@nebula-credential/testing'
import { Cluster, Redis } from 'ioredis'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import {
  openClient,
  ownServer,
  redisUrl,
  startProxy,
  through,
  uniquePrefix,
  withoutRedis,
} from '../test/redis-harness.ts'
import { Keyspace, memberOf } from './keyspace.ts'
import type { RedisStoreOptions } from './options.ts'
import { RedisOutbox } from './outbox.ts'
import { RedisStateStore } from './state-store.ts'
import { RedisTokenCache } from './token-cache.ts'

beforeEach(context => context.skip(redisUrl === '', withoutRedis))

const key = { tenantId: 'acme', id: sampleId() }

function open(options: RedisStoreOptions = {}, url = redisUrl) {
  const keyPrefix = uniquePrefix()
  const client = openClient(url)
  const store = new RedisStateStore(client, { keyPrefix, ...options })
  onTestFinished(async () => {
    await store.close()
    client.disconnect()
  })
  const keys = new Keyspace(keyPrefix)
  const root = keys.root('acme')
  return { store, client, keyPrefix, keys, root, recordKey: `${root}record:${memberOf(key)}` }
}

describe('durability', () => {
  it('refuses state and outbox without an append-only file, unless it may be lost', async context => {
    await using server = await ownServer(context, { appendOnly: false })
    const { store, client } = open({}, server.url)
    await expect(store.create(sampleRecord())).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('appendonly yes'),
    })
    await expect(store.list({}, { limit: 1 })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await expect(new RedisOutbox(client).list('acme', key.id)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
    expect(await client.dbsize()).toBe(0)

    const volatile = open({ dangerouslyVolatile: true }, server.url)
    await volatile.store.create(sampleRecord())
    expect(await volatile.store.get('acme', key.id)).toMatchObject({ version: 1 })
    const cache = new RedisTokenCache(client)
    await cache.invalidate('key', 1, 1_000)
  })

  it('goes on when the server was put right', async context => {
    await using server = await ownServer(context, { appendOnly: false })
    const { store, client } = open({}, server.url)
    await expect(store.readHeader()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await client.config('SET', 'appendonly', 'yes')
    expect(await store.readHeader()).toBeUndefined()
  })

  it('looks again after a reconnection: another server may answer', async context => {
    await using server = await ownServer(context)
    const { store, client } = open({}, server.url)
    await store.create(sampleRecord())
    await client.config('SET', 'appendonly', 'no')
    expect(await store.get('acme', key.id)).toMatchObject({ version: 1 })
    await server.command('CLIENT', 'KILL', 'TYPE', 'normal')
    await expect.poll(() => store.get('acme', key.id).catch(error => error.code)).toBe('CONFIG_INVALID')
    await expect(store.replace(sampleRecord({ version: 2 }))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
    await expect(store.outbox().list('acme', key.id)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('refuses a server that evicts any key, but not one that evicts the cache only', async context => {
    await using server = await ownServer(context, {
      args: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'],
    })
    const { store, client } = open({}, server.url)
    await expect(store.readHeader()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('noeviction'),
    })
    await client.config('SET', 'maxmemory-policy', 'volatile-lru')
    expect(await store.readHeader()).toBeUndefined()
  })

  it('keeps what it acknowledged when the server is killed and starts again', async context => {
    await using server = await ownServer(context, { args: ['--appendfsync', 'always'] })
    const { store } = open({}, server.url)
    await store.create(sampleRecord())
    await server.process.kill()
    await server.start()
    await expect.poll(() => store.get('acme', key.id).catch(() => undefined)).toMatchObject({ version: 1 })
  })

  it('does not acknowledge a write that too few replicas have', async () => {
    const { store } = open({ waitForReplicas: { count: 1, timeoutMs: 50 } })
    await expect(store.create(sampleRecord())).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringContaining('0 of 1 replicas'),
    })
  })

  it('acknowledges a write that a replica has', async context => {
    await using master = await ownServer(context)
    await using replica = await ownServer(context, { args: ['--replicaof', `127.0.0.1 ${master.port}`] })
    const { store, recordKey } = open({ waitForReplicas: { count: 1, timeoutMs: 5_000 } }, master.url)
    await store.create(sampleRecord())
    await store.replace(sampleRecord({ version: 2 }))
    await expect(store.replace(sampleRecord({ version: 2 }))).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
    })
    const client = openClient(replica.url)
    expect(await client.hget(recordKey, 'version')).toBe('2')
    client.disconnect()
  })
})

describe('what others wrote', () => {
  it.each(['record', 'all', 'type:chat_bot', 'status:active', 'due', 'due-status:active', 'due-tenant:acme'])(
    'is not overwritten where the key %s has another type',
    async name => {
      const { store, client, root, recordKey } = open()
      await store.create(fullRecord({ id: sampleId(1) }))
      const taken = name === 'record' ? recordKey : `${root}${name}`
      await client.set(taken, 'of another program')
      const before = await dump(client, root)
      await expect(store.create(fullRecord())).rejects.toMatchObject({
        code: 'SCHEMA_MISMATCH',
        message: expect.stringContaining('another type'),
      })
      expect(await dump(client, root)).toEqual(before)
    },
  )

  it('makes replace, updateMetadata and delete stop before their first write', async () => {
    const { store, client, root } = open()
    await store.create(fullRecord())
    await client.set(`${root}due`, 'of another program')
    const before = await dump(client, root)
    for (const write of [
      () => store.replace(fullRecord({ version: 2, dueAt: 5 })),
      () => store.updateMetadata(key, { name: 'n', labels: {} }, 1, 1),
      () => store.delete(key, 1),
    ]) {
      await expect(write()).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' })
    }
    expect(await dump(client, root)).toEqual(before)
  })

  it('is not overwritten where a key beside the records has another type', async () => {
    const { store, client, keys, root } = open()
    const outbox = store.outbox()
    const cache = new RedisTokenCache(client, { keyPrefix: keys.prefix })
    await store.create(sampleRecord())
    const token = { fields: sampleRecord(), sealed: new Uint8Array(1), expiresAt: Date.now() + 60_000 }
    const entry = { ...key, attemptId: 'one', generation: 1, createdAt: 1, sealed: new Uint8Array(1) }
    const cases: [string, ...(() => Promise<unknown>)[]][] = [
      [
        keys.header,
        () => store.readHeader(),
        () => store.createHeader('h'),
        () => store.replaceHeader('h', 1),
      ],
      [`${root}deleted:${memberOf(key)}`, () => store.delete(key, 1)],
      [keys.outbox(key), () => outbox.put(entry), () => outbox.list(key.tenantId, key.id)],
      [
        keys.token('k'),
        () => cache.get('k'),
        () => cache.set('k', token, 1),
        () => cache.invalidate('k', 1, 9),
      ],
      [keys.tombstone('k'), () => cache.set('k', token, 1), () => cache.invalidate('k', 1, 9)],
    ]
    for (const [name, ...calls] of cases) {
      await client.rpush(name, 'of another program')
      for (const call of calls) {
        await expect(call(), name).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' })
        expect(await client.lrange(name, 0, -1), name).toEqual(['of another program'])
      }
    }
    expect(await store.get(key.tenantId, key.id)).toMatchObject({ version: 1 })
  })

  it('is refused when it is the schema or a record of another release', async () => {
    const { store, client, recordKey } = open()
    await store.create(sampleRecord())
    await client.hset(recordKey, 'format', '2')
    for (const call of [
      () => store.get('acme', key.id),
      () => store.list({}, { limit: 10 }),
      () => store.replace(sampleRecord({ version: 2 })),
      () => store.updateMetadata(key, { name: 'n', labels: {} }, 1, 1),
      () => store.delete(key, 1),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' })
    }
    expect(await client.hget(recordKey, 'version')).toBe('1')

    const newer = open()
    await newer.client.set(newer.keys.schema, '2')
    await expect(newer.store.create(sampleRecord())).rejects.toMatchObject({
      code: 'SCHEMA_MISMATCH',
      message: expect.stringContaining('schema 2'),
    })
  })
})

describe('a server that cannot be reached', () => {
  it('is named in the error, within its time and without its password', async () => {
    const proxy = await startProxy(redisUrl)
    const password = 'correct-horse-battery'
    const address = `${proxy.host}:${proxy.port}`
    await proxy[Symbol.asyncDispose]()
    const store = new RedisStateStore(`redis://user:${password}@${address}`, { commandTimeoutMs: 200 })
    const startedAt = performance.now()
    const error = await store.get('acme', key.id).catch(reason => reason)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect(error).toMatchObject({ code: 'STORAGE_UNAVAILABLE', message: expect.stringContaining(address) })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(password)
    await store.close()
  })

  it('does not leak the password it refuses', async context => {
    await using server = await ownServer(context, { password: 'right' })
    const url = server.url.replace('right', 'wrong-horse')
    const store = new RedisStateStore(url, { commandTimeoutMs: 500 })
    const error = await store.get('acme', key.id).catch(reason => reason)
    expect(error).toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('wrong-horse')
    await store.close()
  })

  it('is waited for no longer than commandTimeoutMs when it hangs', async context => {
    await using server = await ownServer(context)
    const { store } = open({ commandTimeoutMs: 1_000 }, server.url)
    await store.create(sampleRecord())
    server.process.signal('SIGSTOP')
    await expect(store.get('acme', key.id)).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringContaining('1000 ms'),
    })
    server.process.signal('SIGCONT')
    expect(await store.get('acme', key.id)).toMatchObject({ version: 1 })
  })

  it('is used again when it is back', async () => {
    const proxy = await startProxy(redisUrl)
    const { store } = open({ commandTimeoutMs: 1_000 }, through(redisUrl, proxy))
    await store.create(sampleRecord())
    proxy.cut()
    await expect(store.get('acme', key.id)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    proxy.restore()
    await expect.poll(() => store.get('acme', key.id).catch(() => undefined)).toMatchObject({ version: 1 })
    await proxy[Symbol.asyncDispose]()
  })

  it('counts a write once when its answer is lost and the client sends it again', async () => {
    const proxy = await startProxy(redisUrl)
    const { store } = open({}, through(redisUrl, proxy))
    await store.readHeader()
    const losingTheAnswer = async (write: () => Promise<void>) => {
      proxy.loseAnswers()
      const written = write()
      await new Promise(resolve => setTimeout(resolve, 30))
      proxy.restore()
      await written
    }
    await losingTheAnswer(() => store.createHeader('one'))
    await losingTheAnswer(() => store.replaceHeader('two', 1))
    expect(await store.readHeader()).toEqual({ version: 2, value: 'two' })
    await losingTheAnswer(() => store.create(sampleRecord()))
    await losingTheAnswer(() => store.replace(sampleRecord({ version: 2, generation: 2 })))
    await losingTheAnswer(() => store.updateMetadata(key, { name: 'third', labels: {} }, 2, 3))
    expect(await store.get('acme', key.id)).toMatchObject({ version: 3, generation: 2, name: 'third' })
    await losingTheAnswer(() => store.delete(key, 3))
    expect(await store.get('acme', key.id)).toBeUndefined()
    await proxy[Symbol.asyncDispose]()
  })
})

describe('lists', () => {
  it('walk on over more members than one script call looks at', async () => {
    const { store } = open()
    const records = Array.from({ length: 1_300 }, (_, number) =>
      sampleRecord({
        id: sampleId(number),
        dueAt: 1_000 + Math.floor(number / 700),
        ...(number % 650 === 649 && {
          type: 'rare',
          id: sampleId(number, 'rare'),
          status: 'failed' as const,
        }),
        labels: { half: number < 650 ? 'first' : 'second' },
      }),
    )
    for (let at = 0; at < records.length; at += 100) {
      await Promise.all(records.slice(at, at + 100).map(record => store.create(record)))
    }
    const rare = records.filter(({ type }) => type === 'rare').map(({ id }) => id)
    const found = async (filter: Parameters<typeof store.list>[0]) =>
      (await store.list(filter, { limit: 1_000 })).records.map(({ id }) => id)
    expect(await found({ type: 'rare', dueBefore: 2_000 })).toEqual(rare)
    expect(await found({ type: 'rare', status: 'failed' })).toEqual(rare)
    expect(await found({ tenantId: 'acme', type: 'rare', labels: { half: 'second' } })).toEqual(rare.slice(1))
    const page = await store.list({ dueBefore: 2_000 }, { limit: 1_000 })
    const rest = await store.list({ dueBefore: 2_000 }, { limit: 1_000, cursor: page.cursor })
    expect(page.records.length + rest.records.length).toBe(1_300)
  })

  it('go on behind a record that is due at the same instant and gone meanwhile', async () => {
    const { store } = open()
    for (let number = 0; number < 6; number++) {
      await store.create(sampleRecord({ id: sampleId(number), dueAt: 7 }))
    }
    const page = await store.list({ dueBefore: 7 }, { limit: 3 })
    await store.delete({ tenantId: 'acme', id: sampleId(2) }, 1)
    const next = await store.list({ dueBefore: 7 }, { limit: 3, cursor: page.cursor })
    expect(next.records.map(({ id }) => id)).toEqual([sampleId(3), sampleId(4), sampleId(5)])
  })

  it('read few more records than a page has, from however many tenants', async context => {
    await using server = await ownServer(context)
    const { store, client } = open({}, server.url)
    const records = Array.from({ length: 2_000 }, (_, number) =>
      sampleRecord({
        id: sampleId(number),
        scope: { tenantId: `tenant ${String(number % 100).padStart(2, '0')}` },
        dueAt: (number * 7_919) % 2_000,
      }),
    )
    await Promise.all(records.map(record => store.create(record)))
    const limit = 25
    const readsFor = async (filter: Parameters<typeof store.list>[0], expected: typeof records) => {
      await client.config('RESETSTAT')
      const page = await store.list(filter, { limit })
      expect(page.records.map(({ id }) => id)).toEqual(expected.slice(0, limit).map(({ id }) => id))
      const statistics = await client.info('commandstats')
      return Number(/cmdstat_hmget:calls=(\d+)/.exec(statistics)?.[1])
    }
    const byTenant = records.toSorted((left, right) => (positionOf(left) < positionOf(right) ? -1 : 1))
    expect(await readsFor({}, byTenant)).toBeLessThan(64 * 2 + 2 * limit)
    const byDue = records.toSorted((left, right) => (left.dueAt ?? 0) - (right.dueAt ?? 0))
    expect(await readsFor({ dueBefore: 2_000 }, byDue)).toBeLessThan(64 * 2 + 2 * limit)
  })
})

describe('options', () => {
  it.each(['', 'a{b', 'a}b', 'a b', 'x'.repeat(101)])('refuse the key prefix %j', keyPrefix => {
    expect(() => new RedisStateStore(redisUrl, { keyPrefix })).toThrow(/keyPrefix/)
  })

  it('refuse clients whose own options break the scripts', () => {
    const prefixed = new Redis(redisUrl, { lazyConnect: true, keyPrefix: 'mine:' })
    expect(() => new RedisStateStore(prefixed)).toThrow(/keyPrefix of its own/)
    const stale = new Cluster([redisUrl], { lazyConnect: true, scaleReads: 'slave' })
    expect(() => new RedisStateStore(stale)).toThrow(/scaleReads/)
    const texts = new Redis(redisUrl, { lazyConnect: true, stringNumbers: true })
    expect(() => new RedisStateStore(texts)).toThrow(/stringNumbers/)
    const nodes = new Cluster([redisUrl], { lazyConnect: true, redisOptions: { stringNumbers: true } })
    expect(() => new RedisStateStore(nodes)).toThrow(/stringNumbers/)
  })

  it.each([undefined, {}, { host: 'localhost' }])('refuse %j in place of a client', client => {
    expect(() => new RedisStateStore(client as never)).toThrow(/client of the package ioredis/)
  })

  it.each(['', 'localhost:6379', 'http://localhost'])('refuse the URL %j', url => {
    expect(() => new RedisStateStore(url)).toThrow(/redis:\/\//)
  })

  it('refuse a URL that cannot be read without repeating its password', () => {
    const open = () => new RedisStateStore('redis://user:correct-horse@host:99999999')
    expect(open).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    try {
      open()
    } catch (error) {
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('correct-horse')
    }
  })

  it.each([
    'redis://user:correct-horse@host:1',
    'redis://host:1?password=correct-horse',
    'redis://:correct-horse/@host:1/0?password=correct-horse',
  ])('name the cluster node %j without its password', url => {
    const store = new RedisStateStore(new Cluster([url], { lazyConnect: true }))
    expect(store.name).toBe('redis cluster host:1 nebula')
  })

  it('work for a user who may no more than the README says', async context => {
    await using server = await ownServer(context)
    const permissions =
      '~{nebula:* ~nebula:* &nebula:* +@read +@write +@pubsub +@connection -@dangerous +eval +evalsha +info +wait'
    await server.command('ACL', 'SETUSER', 'nebula', 'on', '>secret', ...permissions.split(' '))
    const store = new RedisStateStore(server.url.replace('//', '//nebula:secret@'))
    const [lock, outbox, invalidation] = [store.lock(), store.outbox(), store.invalidation()]
    await store.create(fullRecord())
    expect((await store.list({ dueBefore: Number.MAX_SAFE_INTEGER }, { limit: 1 })).records).toHaveLength(1)
    const lease = await lock.acquire('refresh', { waitMs: 1_000 })
    const waiting = lock.acquire('refresh', { waitMs: 5_000 })
    await lease.release()
    await (await waiting).release()
    await outbox.put({ ...key, attemptId: 'one', generation: 1, createdAt: 1, sealed: new Uint8Array(1) })
    expect(await outbox.list(key.tenantId, key.id)).toHaveLength(1)
    const heard: unknown[] = []
    const message = { ...key, version: 1 }
    await invalidation.subscribe(
      received => heard.push(received),
      () => {},
    )
    await invalidation.publish(message)
    await expect.poll(() => heard).toEqual([message])
    await Promise.all([store, lock, outbox, invalidation].map(each => each.close()))
  })

  it('may have the client put commands together', async () => {
    const client = new Redis(redisUrl, { enableAutoPipelining: true })
    const store = new RedisStateStore(client, { keyPrefix: uniquePrefix() })
    await store.create(sampleRecord())
    expect(await store.get('acme', key.id)).toMatchObject({ version: 1 })
    expect((await store.list({}, { limit: 1 })).records).toHaveLength(1)
    await store.close()
    client.disconnect()
  })

  it('keep stores of different prefixes apart', async () => {
    const [first, second] = [open(), open()]
    await first.store.create(sampleRecord())
    expect(await second.store.list({}, { limit: 10 })).toEqual({ records: [], cursor: undefined })
    expect(await second.store.get('acme', key.id)).toBeUndefined()
  })

  it('take as many labels as a record has', async () => {
    const { store } = open()
    const labels = Object.fromEntries(Array.from({ length: 5_000 }, (_, number) => [`label ${number}`, 'x']))
    await store.create(sampleRecord({ labels }))
    await store.replace(sampleRecord({ version: 2, labels: { ...labels, last: 'y' } }))
    const found = await store.list({ tenantId: 'acme', labels: { last: 'y' } }, { limit: 1 })
    expect(found.records).toMatchObject([{ version: 2 }])
  })

  it('refuse a tenant that could be taken for another with another id', async () => {
    const { store } = open()
    const scope = { tenantId: 'acme\0x' }
    await expect(store.create(sampleRecord({ scope }))).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await expect(store.get(scope.tenantId, key.id)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  it('leave the client of a user open, and close one of their own after the last companion', async () => {
    const { store, client } = open()
    await store.get('acme', key.id)
    await store.close()
    expect(await client.ping()).toBe('PONG')

    const own = new RedisStateStore(redisUrl, { keyPrefix: uniquePrefix() })
    const lock = own.lock()
    await own.get('acme', key.id)
    await own.close()
    await (await lock.tryAcquire('still'))?.release()
    await lock.close()
    await expect(lock.tryAcquire('closed')).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

/** Everything under a shard's root. */
function positionOf({ scope, id }: ReturnType<typeof sampleRecord>): string {
  return `${scope.tenantId} ${id}`
}

async function dump(client: Redis, root: string): Promise<Record<string, unknown>> {
  const names = (await client.keys('*')).filter(name => name.startsWith(root)).sort()
  const contents = names.map(async name => {
    const type = await client.type(name)
    if (type === 'hash') return await client.hgetall(name)
    return type === 'zset' ? await client.zrange(name, '0', '-1', 'WITHSCORES') : await client.get(name)
  })
  const found = await Promise.all(contents)
  return Object.fromEntries(names.map((name, at) => [name, found[at]]))
}
