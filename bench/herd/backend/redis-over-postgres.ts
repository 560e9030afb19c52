import { randomBytes } from 'node:crypto'
import { RedisDistributedLock, RedisTokenCache } from '@nebula-credential/storage-redis'
import { RedisServer } from '../../../tools/services/redis-server.ts'
import type { Backend } from './backend.ts'
import { postgres } from './postgres.ts'

let server: Promise<RedisServer> | undefined

/** State, audit and outbox in PostgreSQL; lock and shared cache in Redis, which needs no append-only file for them. */
export const redisOverPostgres: Backend = {
  async open() {
    server ??= RedisServer.start({ appendOnly: false })
    const [{ url }, { location }] = await Promise.all([server, postgres.open()])
    const keyPrefix = `herd-${randomBytes(6).toString('hex')}`
    return { location: JSON.stringify({ url, keyPrefix, state: location }), close: async () => {} }
  },
  connect(location) {
    const { url, keyPrefix, state } = JSON.parse(location) as Record<'url' | 'keyPrefix' | 'state', string>
    return postgres
      .connect(state)
      .withLock(new RedisDistributedLock(url, { keyPrefix }))
      .withCache(new RedisTokenCache(url, { keyPrefix }))
  },
}
