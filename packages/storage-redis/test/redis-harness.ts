import { randomBytes } from 'node:crypto'
import type { LeaseTiming } from '@nebula-credential/core'
import { Redis } from 'ioredis'
import { inject } from 'vitest'
import { TcpProxy } from '../../../tools/services/tcp-proxy.ts'
import type {} from '../../../tools/services/vitest/redis.ts'
import type { RedisClient } from '../src/options.ts'

/** A Redis that keeps an append-only file; '' where there is none. */
export const redisUrl = inject('redisUrl') ?? ''
export const withoutRedis = 'there is no Redis here'

/** Short enough to wait for. */
export const shortLeases: LeaseTiming = { ttlMs: 400, renewEveryMs: 120 }

/** A key prefix that no other test uses. */
export function uniquePrefix(): string {
  return `test-${randomBytes(6).toString('hex')}`
}

/** A client as a careful host opens it: it handles its errors. */
export function openClient(url: string): Redis {
  const client = new Redis(url)
  client.on('error', () => {})
  return client
}

interface Closable {
  close(): Promise<void>
}

/** Opens two adapters as two processes would, through a proxy that can be cut. */
export async function openPair<A extends Closable>(
  url: string,
  open: (client: RedisClient, prefix: string) => A,
) {
  const target = new URL(url)
  const proxy = await TcpProxy.start({ host: target.hostname, port: Number(target.port) })
  const proxied = new URL(url)
  proxied.port = String(proxy.port)
  const clients = [openClient(proxied.href), openClient(proxied.href)] as const
  const prefix = uniquePrefix()
  const [first, second] = [open(clients[0], prefix), open(clients[1], prefix)]
  return {
    first,
    second,
    prefix,
    async breakBackend() {
      proxy.cut()
    },
    async cleanup() {
      await Promise.all([first.close(), second.close()])
      for (const client of clients) client.disconnect()
      await proxy[Symbol.asyncDispose]()
    },
  }
}
