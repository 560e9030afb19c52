import { sampleId, sampleRecord } from '@nebula-credential/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { RedisSentinelSet } from '../../../tools/services/redis-sentinel-set.ts'
import { unlessUnavailable } from '../../../tools/services/service-unavailable.ts'
import { withoutRedis } from '../test/redis-harness.ts'
import { RedisStateStore } from './state-store.ts'

let set: RedisSentinelSet | undefined

beforeAll(async () => {
  set = await unlessUnavailable('Redis fail-over by Sentinel', () => RedisSentinelSet.start())
}, 300_000)
beforeEach(context => context.skip(set === undefined, withoutRedis))
afterAll(async () => await set?.[Symbol.asyncDispose]())

it('survives a fail-over: no replicated write is lost, locks and messages work again by themselves', async () => {
  const { sentinels, name, master } = set as RedisSentinelSet
  const client = new Redis({ sentinels: [...sentinels], name })
  client.on('error', () => {})
  const store = new RedisStateStore(client, {
    commandTimeoutMs: 2_000,
    waitForReplicas: { count: 1 },
    leaseTiming: { ttlMs: 1_000, renewEveryMs: 100 },
  })
  const [lock, invalidation] = [store.lock(), store.invalidation()]
  const events: unknown[] = []
  await invalidation.subscribe(
    message => events.push(message),
    () => events.push('gap'),
  )
  await store.create(sampleRecord())
  const lease = await lock.acquire('refresh', { waitMs: 1_000 })

  await master.process.kill()
  await expect(store.replace(sampleRecord({ version: 2 }))).rejects.toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
  })
  await set?.failedOver()

  const found = () => store.get('acme', sampleId()).catch(() => undefined)
  await expect.poll(found, { timeout: 30_000 }).toMatchObject({ id: sampleId() })
  await expect.poll(() => lease.signal.aborted).toBe(true)
  await (await lock.acquire('refresh', { waitMs: 30_000 })).release()
  await expect.poll(() => events.filter(event => event === 'gap').length, { timeout: 10_000 }).toBe(2)
  await invalidation.publish({ tenantId: 'acme', id: sampleId(), version: 2 })
  await expect.poll(() => events.at(-1)).toMatchObject({ version: 2 })

  // One server is left, and none has its writes: it says so instead of acknowledging.
  // (The write that was refused before may have happened after all, when the client sent it again.)
  const { version } = (await found()) as { version: number }
  await expect(store.replace(sampleRecord({ version: version + 1 }))).rejects.toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
    message: expect.stringContaining('0 of 1 replicas'),
  })
  await Promise.all([lock.close(), invalidation.close(), store.close()])
  client.disconnect()
}, 300_000)
