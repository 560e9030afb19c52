import { CredentialError } from '@nebula-credential/core'
import { describeDistributedLock } from '@nebula-credential/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { RedisServer } from '../../../tools/services/redis-server.ts'
import { unlessUnavailable } from '../../../tools/services/service-unavailable.ts'
import { openClient, openPairOnServers, uniquePrefix, withoutRedis } from '../test/redis-harness.ts'
import { shortLeaseTiming } from '../test/short-lease-timing.ts'
import { Keyspace } from './keyspace.ts'
import { RedlockQuorumLock } from './redlock-quorum-lock.ts'

// What happens here happens at a renewal, and must not happen because a busy machine is late with one.
const oftenRenewed = { ttlMs: 60_000, renewEveryMs: 100 }

// More than a busy server takes.
const commandTimeoutMs = 2_000

let servers: RedisServer[] = []
const urls = () => servers.map(({ url }) => url)

beforeAll(async () => {
  const start = () => Promise.all(Array.from({ length: 5 }, () => RedisServer.start({ appendOnly: false })))
  servers = (await unlessUnavailable('the Redlock quorum', start)) ?? []
})
beforeEach(context => context.skip(servers.length === 0, withoutRedis))
afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]()
})

describeDistributedLock('RedlockQuorumLock', async () => {
  const pair = await openPairOnServers(
    urls(),
    (clients, keyPrefix) =>
      new RedlockQuorumLock(clients, { keyPrefix, commandTimeoutMs, ...shortLeaseTiming }),
  )
  return {
    ...pair,
    timing: shortLeaseTiming,
    async loseLease({ key }) {
      for (const url of urls()) {
        const client = openClient(url)
        await client.del(new Keyspace(pair.keyPrefix).lock(key))
        client.disconnect()
      }
    },
  }
})

describe('RedlockQuorumLock with servers down', () => {
  const keyPrefix = uniquePrefix()

  async function withServersDown(
    count: number,
    run: (locks: [RedlockQuorumLock, RedlockQuorumLock]) => Promise<void>,
  ) {
    const clients = [0, 1].map(() => urls().map(openClient))
    const locks = clients.map(
      each => new RedlockQuorumLock(each, { keyPrefix, ...shortLeaseTiming, commandTimeoutMs }),
    ) as [RedlockQuorumLock, RedlockQuorumLock]
    const down = servers.slice(0, count)
    try {
      await Promise.all(clients.flat().map(client => client.ping()))
      await Promise.all(down.map(server => server.process.kill()))
      await run(locks)
    } finally {
      await Promise.all(down.map(server => server.start()))
      await Promise.all(locks.map(lock => lock.close()))
      for (const client of clients.flat()) client.disconnect()
    }
  }

  it('excludes, renews and wakes waiters with 2 of 5 down', async () => {
    await withServersDown(2, async ([first, second]) => {
      const lease = await first.acquire('refresh', { waitMs: 1_000 })
      expect(await second.tryAcquire('refresh')).toBeUndefined()
      await new Promise(resolve => setTimeout(resolve, shortLeaseTiming.ttlMs * 2))
      expect(lease.signal.aborted).toBe(false)
      const waiting = second.acquire('refresh', { waitMs: 5_000 })
      expect(await second.tryAcquire('refresh')).toBeUndefined()
      await lease.release()
      await (await waiting).release()
    })
  })

  it('rejects with STORAGE_UNAVAILABLE, naming the servers, with 3 of 5 down', async () => {
    await withServersDown(3, async ([first, second]) => {
      const error = await first.acquire('refresh', { waitMs: 2_000 }).catch(reason => reason)
      expect(error).toBeInstanceOf(CredentialError)
      expect(error.code).toBe('STORAGE_UNAVAILABLE')
      expect(error.message).toContain('3 of 5 fail, at most 2 may')
      expect(error.message).toContain(`127.0.0.1:${servers[0]?.port}`)
      await expect(second.tryAcquire('refresh')).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    })
  })

  it('works again by itself when the servers are back', async () => {
    const clients = urls().map(openClient)
    const lock = new RedlockQuorumLock(clients, { keyPrefix, commandTimeoutMs })
    await Promise.all(servers.slice(0, 3).map(server => server.process.kill()))
    await expect(lock.tryAcquire('again')).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    await Promise.all(servers.slice(0, 3).map(server => server.start()))
    await expect
      .poll(
        async () => (await lock.tryAcquire('again').catch(() => undefined))?.release().then(() => 'held'),
        {
          timeout: 40_000,
        },
      )
      .toBe('held')
    await lock.close()
    for (const client of clients) client.disconnect()
  })

  it('tells the holder when a majority lost the lease', async () => {
    const clients = urls().map(openClient)
    const lock = new RedlockQuorumLock(clients, { keyPrefix, commandTimeoutMs, ...oftenRenewed })
    const lease = await lock.acquire('lost', { waitMs: 1_000 })
    const loseIt = () =>
      Promise.all(clients.slice(0, 3).map(client => client.del(new Keyspace(keyPrefix).lock('lost'))))
    // Again and again: a renewal between two of them gives it back to the first.
    await expect
      .poll(async () => {
        await loseIt()
        return lease.signal.aborted
      })
      .toBe(true)
    expect(lease.signal.reason).toMatchObject({ code: 'LOCK_LOST' })
    await lock.close()
    for (const client of clients) client.disconnect()
  })

  it('keeps a lease that a minority lost, and gives it back to them', async () => {
    const clients = urls().map(openClient)
    const lock = new RedlockQuorumLock(clients, { keyPrefix, commandTimeoutMs, ...oftenRenewed })
    const lease = await lock.acquire('kept', { waitMs: 1_000 })
    const name = new Keyspace(keyPrefix).lock('kept')
    for (const client of clients.slice(0, 2)) await client.del(name)
    await expect.poll(() => clients[0]?.get(name)).toBe(lease.ownerToken)
    expect(lease.signal.aborted).toBe(false)
    await lease.release()
    await lock.close()
    for (const client of clients) client.disconnect()
  })

  it('refuses servers that are not independent or too few', async () => {
    const [a, b] = urls() as [string, string]
    for (const given of [[a, b], [a, b, a], []]) {
      expect(() => new RedlockQuorumLock(given)).toThrow(/3 or more independent/)
    }
  })
})
