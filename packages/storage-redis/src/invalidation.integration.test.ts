import { inspect } from 'node:util'
import { beforeEach, expect, it } from 'vitest'
import {
  openClient,
  ownServer,
  redisUrl,
  startProxy,
  through,
  uniquePrefix,
  withoutRedis,
} from '../test/redis-harness.ts'
import { RedisInvalidation } from './invalidation.ts'
import { Keyspace } from './keyspace.ts'
import { RedisTokenCache } from './token-cache.ts'

beforeEach(context => context.skip(redisUrl === '', withoutRedis))

const message = { tenantId: 'acme', id: 'chat_bot_1', version: 2 }

it('reports a lost subscription at once, and again when it is back and hears messages', async context => {
  await using server = await ownServer(context)
  const client = openClient(server.url)
  const invalidation = new RedisInvalidation(client)
  const events: unknown[] = []
  await invalidation.subscribe(
    received => events.push(received),
    () => events.push('gap'),
  )
  await invalidation.publish(message)
  await expect.poll(() => events).toEqual([message])
  expect(await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')).toBe(1)
  await expect.poll(() => events).toEqual([message, 'gap', 'gap'])
  await invalidation.publish({ ...message, version: 3 })
  await expect.poll(() => events.at(-1)).toEqual({ ...message, version: 3 })
  await invalidation.close()
  client.disconnect()
})

it('comes back after the server was away, however long', async context => {
  await using server = await ownServer(context)
  const client = openClient(server.url)
  const invalidation = new RedisInvalidation(client)
  const events: unknown[] = []
  await invalidation.subscribe(
    received => events.push(received),
    () => events.push('gap'),
  )
  await server.process.kill()
  await expect.poll(() => events).toEqual(['gap'])
  await new Promise(resolve => setTimeout(resolve, 700))
  await server.start()
  await expect.poll(() => events).toEqual(['gap', 'gap'])
  await invalidation.publish(message)
  await expect.poll(() => events.at(-1)).toEqual(message)
  await invalidation.close()
  client.disconnect()
})

it('takes a message that it does not understand for one that it missed', async () => {
  const client = openClient(redisUrl)
  const keyPrefix = uniquePrefix()
  const invalidation = new RedisInvalidation(client, { keyPrefix })
  const events: unknown[] = []
  await invalidation.subscribe(
    received => events.push(received),
    () => events.push('gap'),
  )
  for (const text of ['', '{}', 'null', '["acme"]', '["acme","id","2"]']) {
    await client.publish(new Keyspace(keyPrefix).invalidations, text)
  }
  await expect.poll(() => events).toEqual(['gap', 'gap', 'gap', 'gap', 'gap'])
  await invalidation.close()
  client.disconnect()
})

it('leaves no connection open when it is closed while it subscribes', async context => {
  await using server = await ownServer(context)
  const proxy = await startProxy(server.url)
  const client = openClient(through(server.url, proxy))
  const subscribed = async () =>
    (await server.command('PUBSUB', 'CHANNELS')).includes(new Keyspace('nebula').invalidations)
  await client.ping()
  proxy.delayMs = 200
  const invalidation = new RedisInvalidation(client)
  const subscribing = invalidation.subscribe(
    () => {},
    () => {},
  )
  subscribing.catch(() => {})
  // The server has it, the client has not heard so.
  await expect.poll(subscribed, { interval: 10, timeout: 5_000 }).toBe(true)
  await invalidation.close()
  await expect(subscribing).rejects.toMatchObject({ code: 'CLOSED' })
  await expect.poll(subscribed).toBe(false)
  client.disconnect()
  await proxy[Symbol.asyncDispose]()
})

it('says why it cannot subscribe', async context => {
  await using server = await ownServer(context, { password: 'right' })
  const invalidation = new RedisInvalidation(server.url.replace('right', 'wrong-horse'))
  const error = await invalidation
    .subscribe(
      () => {},
      () => {},
    )
    .catch(reason => reason)
  expect(error).toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
    message: expect.stringContaining('WRONGPASS'),
  })
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('wrong-horse')
  await invalidation.close()
})

it('goes with the token cache too, for processes whose store has none', async () => {
  const keyPrefix = uniquePrefix()
  const caches = [new RedisTokenCache(redisUrl, { keyPrefix }), new RedisTokenCache(redisUrl, { keyPrefix })]
  const [here, there] = caches.map(cache => cache.invalidation())
  const heard: unknown[] = []
  await there?.subscribe(
    received => heard.push(received),
    () => {},
  )
  await here?.publish(message)
  await expect.poll(() => heard).toEqual([message])
  await Promise.all([here, there, ...caches].map(part => part?.close()))
})
