import { createHash, randomUUID } from 'node:crypto'
import { defaultLeaseTiming } from '@nebula-credential/core'
import { RedisDistributedLock } from '@nebula-credential/storage-redis'
import { Redlock as SesamecareRedlock } from '@sesamecare-oss/redlock'
import type { Redis } from 'ioredis'
import { Mutex } from 'redis-semaphore'
import Redlock from 'redlock'

/** Takes a free lock and releases it. Every call is awaited before the next. */
export type Cycle = () => Promise<void>

const { ttlMs } = defaultLeaseTiming

const compareAndDelete = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0`

/** What a lock cannot do without: SET NX PX, and a script that deletes the key of one's own. */
export async function rawCycle(client: Redis): Promise<Cycle> {
  const key = 'raw'
  const sha1 = createHash('sha1').update(compareAndDelete).digest('hex')
  await client.script('LOAD', compareAndDelete)
  return async () => {
    const ownerToken = randomUUID()
    if ((await client.set(key, ownerToken, 'PX', ttlMs, 'NX')) !== 'OK') throw new Error('It was not free')
    if ((await client.evalsha(sha1, 1, key, ownerToken)) !== 1) throw new Error('It was not ours')
  }
}

export function ownCycle(client: Redis): Cycle {
  const lock = new RedisDistributedLock(client)
  return async () => {
    const lease = await lock.acquire('own', { waitMs: 1_000 })
    await lease.release()
  }
}

/** The other locks for Node, each used as its README says. */
export const peerCycles: Readonly<Record<string, (client: Redis) => Cycle>> = {
  redlock: client => {
    const redlock = new Redlock([client])
    return async () => {
      const lock = await redlock.lock('redlock', ttlMs)
      await lock.unlock()
    }
  },
  'redis-semaphore': client => async () => {
    const mutex = new Mutex(client, 'redis-semaphore', { lockTimeout: ttlMs })
    await mutex.acquire()
    await mutex.release()
  },
  '@sesamecare-oss/redlock': client => {
    const redlock = new SesamecareRedlock([client])
    return async () => {
      const lock = await redlock.acquire(['sesamecare'], ttlMs)
      await lock.release()
    }
  },
}
