import {
  describeDistributedLock,
  describeInvalidation,
  describeOutbox,
  describeStateStore,
  describeTokenCache,
} from '@nebula-credential/testing'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { RedisCluster } from '../../../tools/services/redis-cluster.ts'
import { unlessUnavailable } from '../../../tools/services/service-unavailable.ts'
import { uniquePrefix, withoutRedis } from '../test/redis-harness.ts'
import { shortLeaseTiming } from '../test/short-lease-timing.ts'
import { RedisDistributedLock } from './distributed-lock.ts'
import { RedisInvalidation } from './invalidation.ts'
import { Keyspace } from './keyspace.ts'
import { RedisOutbox } from './outbox.ts'
import { RedisStateStore } from './state-store.ts'
import { RedisTokenCache } from './token-cache.ts'

let started: RedisCluster | undefined
let urls: readonly string[] = process.env.NEBULA_TEST_REDIS_CLUSTER_URLS?.split(',') ?? []

beforeAll(async () => {
  if (urls.length > 0) return
  started = await unlessUnavailable('storage on Redis Cluster', () => RedisCluster.start())
  urls = started?.urls ?? []
}, 300_000)
beforeEach(context => context.skip(urls.length === 0, withoutRedis))
afterAll(async () => await started?.[Symbol.asyncDispose]())

interface Closable {
  close(): Promise<void>
}

async function openPair<A extends Closable>(open: (client: Cluster, keyPrefix: string) => A) {
  const clients = [new Cluster([...urls]), new Cluster([...urls])] as const
  const keyPrefix = uniquePrefix()
  const [first, second] = [open(clients[0], keyPrefix), open(clients[1], keyPrefix)]
  return {
    first,
    second,
    keyPrefix,
    async cleanup() {
      await Promise.all([first.close(), second.close()])
      for (const client of clients) client.disconnect()
    },
  }
}

describeStateStore('RedisStateStore on Cluster', async () => ({
  ...(await openPair(
    (client, keyPrefix) => new RedisStateStore(client, { keyPrefix, leaseTiming: shortLeaseTiming }),
  )),
  leaseTiming: shortLeaseTiming,
}))

describeTokenCache('RedisTokenCache on Cluster', () =>
  openPair((client, keyPrefix) => new RedisTokenCache(client, { keyPrefix })),
)

describeDistributedLock('RedisDistributedLock on Cluster', async () => {
  const pair = await openPair(
    (client, keyPrefix) => new RedisDistributedLock(client, { keyPrefix, ...shortLeaseTiming }),
  )
  return {
    ...pair,
    timing: shortLeaseTiming,
    async loseLease({ key }) {
      const client = new Cluster([...urls])
      await client.del(new Keyspace(pair.keyPrefix).lock(key))
      client.disconnect()
    },
  }
})

describeOutbox('RedisOutbox on Cluster', () =>
  openPair((client, keyPrefix) => new RedisOutbox(client, { keyPrefix })),
)

describeInvalidation('RedisInvalidation on Cluster', () =>
  openPair((client, keyPrefix) => new RedisInvalidation(client, { keyPrefix })),
)
