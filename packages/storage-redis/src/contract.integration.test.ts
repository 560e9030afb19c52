import {
  describeDistributedLock,
  describeInvalidation,
  describeOutbox,
  describeStateStore,
  describeTokenCache,
} from '@nebula-credential/testing'
import { beforeEach } from 'vitest'
import { openClient, openPair, redisUrl, withoutRedis } from '../test/redis-harness.ts'
import { shortLeaseTiming } from '../test/short-lease-timing.ts'
import { RedisDistributedLock } from './distributed-lock.ts'
import { RedisInvalidation } from './invalidation.ts'
import { Keyspace } from './keyspace.ts'
import { RedisOutbox } from './outbox.ts'
import { RedisStateStore } from './state-store.ts'
import { RedisTokenCache } from './token-cache.ts'

beforeEach(context => context.skip(redisUrl === '', withoutRedis))

describeStateStore('RedisStateStore', async () => ({
  ...(await openPair(
    redisUrl,
    (client, keyPrefix) => new RedisStateStore(client, { keyPrefix, leaseTiming: shortLeaseTiming }),
  )),
  leaseTiming: shortLeaseTiming,
}))

describeTokenCache('RedisTokenCache', () =>
  openPair(redisUrl, (client, keyPrefix) => new RedisTokenCache(client, { keyPrefix })),
)

describeDistributedLock('RedisDistributedLock', async () => {
  const pair = await openPair(
    redisUrl,
    (client, keyPrefix) => new RedisDistributedLock(client, { keyPrefix, ...shortLeaseTiming }),
  )
  return {
    ...pair,
    timing: shortLeaseTiming,
    async loseLease({ key }) {
      const client = openClient(redisUrl)
      await client.del(new Keyspace(pair.keyPrefix).lock(key))
      client.disconnect()
    },
  }
})

describeOutbox('RedisOutbox', () =>
  openPair(redisUrl, (client, keyPrefix) => new RedisOutbox(client, { keyPrefix })),
)

describeInvalidation('RedisInvalidation', () =>
  openPair(redisUrl, (client, keyPrefix) => new RedisInvalidation(client, { keyPrefix })),
)
