import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Lease } from '@nebula-credential/core'
import type { Redis } from 'ioredis'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import {
  openClient,
  ownServer,
  redisUrl,
  startProxy,
  through,
  uniquePrefix,
  withoutRedis,
} from '../test/redis-harness.ts'
import { shortLeaseTiming } from '../test/short-lease-timing.ts'
import { RedisDistributedLock } from './distributed-lock.ts'
import { renewLock } from './generated/renew-lock.ts'
import { Keyspace } from './keyspace.ts'
import type { RedisLockOptions } from './options.ts'

beforeEach(context => context.skip(redisUrl === '', withoutRedis))

const longLeases = { ttlMs: 60_000, renewEveryMs: 20_000 }
/** What a lock's value looks like when somebody waits for it. */
const isAwaited = /\|.+#\d+$/
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

function openPair(url: string, options: RedisLockOptions = longLeases) {
  const keyPrefix = uniquePrefix()
  const clients = [openClient(url), openClient(url)] as const
  const locks = clients.map(client => new RedisDistributedLock(client, { keyPrefix, ...options }))
  onTestFinished(async () => {
    for (const lock of locks) await lock.close()
    for (const client of clients) client.disconnect()
  })
  const [first, second] = locks as [RedisDistributedLock, RedisDistributedLock]
  return { first, second, client: clients[0], keys: new Keyspace(keyPrefix) }
}

/** Another process that holds the lock `refresh`, and says what becomes of it. */
function startHolder(keyPrefix: string) {
  const program = fileURLToPath(new URL('../test/hold-lock.ts', import.meta.url))
  const options = ['--conditions=@nebula-credential/source']
  const child = spawn(process.execPath, [...options, program, redisUrl, keyPrefix, 'refresh'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
}

/** How many scripts the server has run. */
async function commandsRun(client: Redis): Promise<number> {
  const stats = await client.info('commandstats')
  const calls = [...stats.matchAll(/^cmdstat_(?:evalsha|eval):calls=(\d+)/gm)]
  return calls.reduce((sum, [, count]) => sum + Number(count), 0)
}

it('leaves the server alone while it waits, and renews once what it is handed', async context => {
  await using server = await ownServer(context)
  const { first, second, client, keys } = openPair(server.url)
  await (await first.tryAcquire('so that the server knows the script'))?.release()
  await client.script('LOAD', renewLock.source)
  const lease = await first.acquire('refresh', { waitMs: 1_000 })
  const waiting = second.acquire('refresh', { waitMs: 10_000 })
  await expect.poll(() => client.get(keys.lock('refresh'))).toMatch(isAwaited)
  const whenWaiting = await commandsRun(client)
  await pause(500)
  expect(await commandsRun(client)).toBe(whenWaiting)
  await lease.release()
  const next = await waiting
  // The release, and one renewal.
  await expect.poll(() => commandsRun(client)).toBe(whenWaiting + 2)
  await pause(100)
  expect(await commandsRun(client)).toBe(whenWaiting + 2)
  await next.release()
})

it('serves the waiters of a process in the order in which they came', async () => {
  const { first, second, client, keys } = openPair(redisUrl)
  const lease = await first.acquire('refresh', { waitMs: 1_000 })
  const order: number[] = []
  const waiting = [0, 1, 2, 3, 4].map(async number => {
    const taken = await second.acquire('refresh', { waitMs: 10_000 })
    order.push(number)
    await taken.release()
  })
  await expect.poll(() => client.get(keys.lock('refresh'))).toMatch(isAwaited)
  await lease.release()
  await Promise.all(waiting)
  expect(order).toEqual([0, 1, 2, 3, 4])
})

it('hands on when the first waiter gives up', async () => {
  const { first, second, client, keys } = openPair(redisUrl)
  const lease = await first.acquire('refresh', { waitMs: 1_000 })
  const gaveUp = new AbortController()
  const impatient = second.acquire('refresh', { waitMs: 10_000, signal: gaveUp.signal })
  const patient = second.acquire('refresh', { waitMs: 10_000 })
  await expect.poll(() => client.get(keys.lock('refresh'))).toMatch(isAwaited)
  gaveUp.abort(new Error('enough'))
  await expect(impatient).rejects.toThrow('enough')
  await lease.release()
  await (await patient).release()
})

it('hands over to a waiter by its release, and for as long as a lease lasts', async () => {
  const { first, second, client, keys } = openPair(redisUrl)
  const lease = await first.acquire('refresh', { waitMs: 1_000 })
  const waiting = second.acquire('refresh', { waitMs: 10_000 })
  await expect.poll(() => client.get(keys.lock('refresh'))).toMatch(isAwaited)
  await lease.release()
  const owner = await client.get(keys.lock('refresh'))
  const next = await waiting
  expect(owner).toBe(`${next.ownerToken}|`)
  await expect.poll(() => client.pttl(keys.lock('refresh'))).toBeGreaterThan(longLeases.ttlMs / 2)
  expect(await first.tryAcquire('refresh')).toBeUndefined()
  await next.release()
  expect(await client.exists(keys.lock('refresh'))).toBe(0)
})

it('wakes the others when the one that it was to be handed to gives up', async () => {
  const { first, second, client, keys } = openPair(redisUrl)
  const third = new RedisDistributedLock(openClient(redisUrl), { keyPrefix: keys.prefix, ...longLeases })
  const lease = await first.acquire('refresh', { waitMs: 1_000 })
  const gaveUp = new AbortController()
  const impatient = second.acquire('refresh', { waitMs: 10_000, signal: gaveUp.signal })
  await expect.poll(() => client.get(keys.lock('refresh'))).toMatch(isAwaited)
  const waitedForBySecond = await client.get(keys.lock('refresh'))
  const patient = third.acquire('refresh', { waitMs: 10_000 })
  await expect.poll(() => subscribers(client, keys.lockReleases('refresh'))).toBe(2)
  gaveUp.abort(new Error('enough'))
  await expect(impatient).rejects.toThrow('enough')
  await expect.poll(() => client.get(keys.lock('refresh'))).not.toBe(waitedForBySecond)
  await lease.release()
  await (await patient).release()
  await third.close()
})

it.each(['SIGKILL', 'SIGSTOP'] as const)('passes by a waiter that %s has stopped', async signal => {
  const { first, second, client, keys } = openPair(redisUrl)
  const lease = await first.acquire('refresh', { waitMs: 1_000 })
  const { child, lines } = startHolder(keys.prefix)
  await expect.poll(() => client.get(keys.lock('refresh')), { timeout: 30_000 }).toMatch(isAwaited)
  child.kill(signal)
  await lease.release()
  expect(await second.tryAcquire('refresh')).toBeUndefined()
  const next = await second.acquire('refresh', { waitMs: 5_000 })
  child.kill('SIGCONT')
  // What it was told while it slept is no longer true.
  await pause(200)
  expect(next.signal.aborted).toBe(false)
  expect(await client.get(keys.lock('refresh'))).toContain(`${next.ownerToken}`)
  await next.release()
  if (signal === 'SIGSTOP') expect((await lines.next()).value).toBe('held')
})

it('wakes a waiter whose subscription was lost when the release was announced', async context => {
  await using server = await ownServer(context)
  const proxy = await startProxy(server.url)
  const { first, client } = openPair(server.url)
  const proxied = openClient(through(server.url, proxy))
  const prefix = uniquePrefix()
  const holder = new RedisDistributedLock(client, { keyPrefix: prefix, ...longLeases })
  const waiter = new RedisDistributedLock(proxied, { keyPrefix: prefix, ...longLeases })
  const lease = await holder.acquire('refresh', { waitMs: 1_000 })
  const waiting = waiter.acquire('refresh', { waitMs: 15_000 })
  await expect.poll(() => listeners(client)).toBe(1)
  proxy.cut()
  await lease.release()
  await pause(100)
  proxy.restore()
  await (await waiting).release()
  await Promise.all([first.close(), holder.close(), waiter.close()])
  proxied.disconnect()
  await proxy[Symbol.asyncDispose]()
})

it('tells its holder when the server comes back empty, and goes on', async context => {
  await using server = await ownServer(context, { appendOnly: false })
  const { first, second } = openPair(server.url, { ttlMs: 2_000, renewEveryMs: 100 })
  const lease = await first.acquire('refresh', { waitMs: 1_000 })
  await server.process.kill()
  await server.start()
  let next: Lease | undefined
  await expect
    .poll(async () => {
      next = await second.tryAcquire('refresh').catch(() => undefined)
      return next !== undefined
    })
    .toBe(true)
  await expect.poll(() => lease.signal.aborted).toBe(true)
  expect(lease.signal.reason).toMatchObject({ code: 'LOCK_LOST' })
  // The late release leaves the next holder alone.
  await lease.release()
  expect(await first.tryAcquire('refresh')).toBeUndefined()
  await next?.release()
})

it('is lost by a process that was frozen past its lease, and is not freed by its late release', async () => {
  const { first, keys } = openPair(redisUrl)
  const { child, lines } = startHolder(keys.prefix)
  expect((await lines.next()).value).toBe('held')
  child.kill('SIGSTOP')
  const lease = await first.acquire('refresh', { waitMs: 10_000 })
  child.kill('SIGCONT')
  expect((await lines.next()).value).toBe('LOCK_LOST')
  expect(await first.tryAcquire('refresh')).toBeUndefined()
  expect(lease.signal.aborted).toBe(false)
  await lease.release()
})

it('passes to a waiter when its process is killed', async () => {
  const { first, keys } = openPair(redisUrl)
  const { child, lines } = startHolder(keys.prefix)
  expect((await lines.next()).value).toBe('held')
  const waiting = first.acquire('refresh', { waitMs: 10_000 })
  await pause(2 * shortLeaseTiming.ttlMs)
  child.kill('SIGKILL')
  await (await waiting).release()
})

it('gives back what a lost answer had taken, and finds it its own on the second look', async () => {
  const proxy = await startProxy(redisUrl)
  const client = openClient(through(redisUrl, proxy))
  const keyPrefix = uniquePrefix()
  const lock = new RedisDistributedLock(client, { keyPrefix, ...longLeases })
  await client.ping()
  proxy.loseAnswers()
  const taking = lock.acquire('refresh', { waitMs: 5_000 })
  const observer = openClient(redisUrl)
  await expect.poll(() => observer.exists(new Keyspace(keyPrefix).lock('refresh'))).toBe(1)
  observer.disconnect()
  proxy.restore()
  const lease = await taking
  await lease.release()
  const again = await lock.tryAcquire('refresh')
  expect(again).toBeDefined()
  await again?.release()
  await lock.close()
  client.disconnect()
  await proxy[Symbol.asyncDispose]()
})

it('keeps no lock for a caller who was told that the server cannot be reached', async context => {
  await using server = await ownServer(context)
  const { first, second } = openPair(server.url, { ...longLeases, commandTimeoutMs: 1_000 })
  await (await first.tryAcquire('warm'))?.release()
  server.process.signal('SIGSTOP')
  await expect(first.acquire('refresh', { waitMs: 5_000 })).rejects.toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
  })
  // It takes the lock only now, and is asked to give it back.
  server.process.signal('SIGCONT')
  const lease = await second.acquire('refresh', { waitMs: 5_000 })
  await lease.release()
})

it('refuses a key of another type instead of waiting for it', async () => {
  const { first, client, keys } = openPair(redisUrl, shortLeaseTiming)
  await client.hset(keys.lock('refresh'), 'of', 'another program')
  await expect(first.acquire('refresh', { waitMs: 5_000 })).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' })
  expect(await client.hgetall(keys.lock('refresh'))).toEqual({ of: 'another program' })
})

it.each([
  { ttlMs: 0 },
  { ttlMs: -1 },
  { ttlMs: 1.5 },
  { ttlMs: 100, renewEveryMs: 100 },
  { renewEveryMs: 30_000 },
])('refuses the timing %j', timing => {
  expect(() => new RedisDistributedLock(redisUrl, timing)).toThrow(/ttlMs|renewEveryMs/)
})

async function subscribers(client: Redis, channel: string): Promise<number> {
  const [, count] = (await client.pubsub('NUMSUB', channel)) as [string, number]
  return count
}

async function listeners(client: Redis): Promise<number> {
  const channels = (await client.pubsub('CHANNELS', 'test-*')) as string[]
  return channels.length
}
