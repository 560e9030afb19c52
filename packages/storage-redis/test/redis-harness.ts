import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { inject, type TestContext } from 'vitest'
import { RedisServer, type RedisServerOptions } from '../../../tools/services/redis-server.ts'
import { unlessUnavailable } from '../../../tools/services/service-unavailable.ts'
import { TcpProxy } from '../../../tools/services/tcp-proxy.ts'
import type {} from '../../../tools/services/vitest/redis.ts'

/** A Redis that keeps an append-only file; '' where there is none. */
export const redisUrl = inject('redisUrl') ?? ''
export const withoutRedis = 'there is no Redis here'

/** A key prefix that no other test uses. */
export function uniquePrefix(): string {
  return `test-${randomBytes(6).toString('hex')}`
}

/** A client as a careful host opens it: it handles its errors. */
export function openClient(url: string): Redis {
  return careful(new Redis(url))
}

// Is lost for good, and at once, when it is cut off: no time limit is needed that a busy server could exceed.
function openHastyClient(url: string): Redis {
  return careful(new Redis(url, { retryStrategy: () => null }))
}

function careful(client: Redis): Redis {
  client.on('error', () => {})
  return client
}

/** A server that a test may stop, kill or freeze. Where none can be started, the test is skipped. */
export async function ownServer(context: TestContext, options?: RedisServerOptions): Promise<RedisServer> {
  const server = await unlessUnavailable('Redis faults', () => RedisServer.start(options))
  return server ?? context.skip('no Redis can be started here')
}

/** Opens two adapters as two processes would, each with a client of its own, through a proxy that can be cut. */
export async function openPair<A extends Closable>(
  url: string,
  open: (client: Redis, keyPrefix: string) => A,
) {
  return await openPairOnServers([url], ([client], keyPrefix) => open(client as Redis, keyPrefix))
}

/** As {@link openPair}, with a client and a proxy for each of several servers. */
export async function openPairOnServers<A extends Closable>(
  urls: readonly string[],
  open: (clients: readonly Redis[], keyPrefix: string) => A,
) {
  const proxies = await Promise.all(urls.map(startProxy))
  const clients = [0, 1].map(() =>
    urls.map((url, at) => openHastyClient(through(url, proxies[at] as TcpProxy))),
  )
  const keyPrefix = uniquePrefix()
  const [first, second] = clients.map(each => open(each, keyPrefix)) as [A, A]
  return {
    first,
    second,
    keyPrefix,
    async breakBackend() {
      for (const proxy of proxies) proxy.cut()
    },
    async cleanup() {
      await Promise.all([first.close(), second.close()])
      for (const client of clients.flat()) client.disconnect()
      await Promise.all(proxies.map(proxy => proxy[Symbol.asyncDispose]()))
    },
  }
}

/** A proxy to the server of a URL. */
export async function startProxy(url: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(url)
  return await TcpProxy.start({ host: hostname, port: Number(port) })
}

/** The URL with a proxy's address. */
export function through(url: string, proxy: TcpProxy): string {
  const proxied = new URL(url)
  proxied.host = `${proxy.host}:${proxy.port}`
  return proxied.href
}

interface Closable {
  close(): Promise<void>
}
