import { CredentialManager } from '@nebula-credential/core'
import { PostgresStateStore } from '@nebula-credential/storage-postgres'
import {
  RedisDistributedLock,
  RedisInvalidation,
  RedisStateStore,
  RedisTokenCache,
} from '@nebula-credential/storage-redis'
import { SqliteAuditSink } from '@nebula-credential/storage-sqlite'
import { Redis } from 'ioredis'
import { Client } from 'pg'
import { TcpProxy } from '../../tools/services/tcp-proxy.ts'
import type { StoredBuilder } from '../herd/backend/backend.ts'
import { backendOf } from '../herd/backend/backends.ts'

/** How a backend of the herd tells processes of changes. */
export interface RevokeBackend {
  /** A raw message of its server, without anything of ours; undefined where it has none. */
  readonly channel?: (location: string) => Channel
  /** The lines of the builder, with the subscription, and nothing else, on its way through a proxy. */
  connectThrough?(location: string): Promise<{ builder: StoredBuilder; proxy: TcpProxy }>
}

/** One message from a process to another. */
export interface Channel {
  listen(onMessage: (text: string) => void): Promise<void>
  send(text: string): Promise<void>
  close(): Promise<void>
}

const rawChannel = 'nebula_bench_raw'

/** By the same names as the herd's. */
export const revokeBackends: Readonly<Record<string, RevokeBackend>> = {
  sqlite: {},
  redis: {
    channel: location => redisChannel(parse(location, 'url')),
    async connectThrough(location) {
      const url = parse(location, 'url')
      const keyPrefix = parse(location, 'keyPrefix')
      const proxy = await TcpProxy.start({ port: Number(new URL(url).port) })
      const store = new RedisStateStore(url, { keyPrefix })
      store.invalidation = () => new RedisInvalidation(throughProxy(url, proxy), { keyPrefix })
      const builder = CredentialManager.builder()
        .withStorage(store)
        .withAudit(new SqliteAuditSink(parse(location, 'audit')))
      return { builder, proxy }
    },
  },
  postgres: {
    channel: location => postgresChannel(parse(location, 'url')),
    connectThrough: postgresThrough,
  },
  'redis-over-postgres': {
    channel: location => postgresChannel(parse(parse(location, 'state'), 'url')),
    async connectThrough(location) {
      const { builder, proxy } = await postgresThrough(parse(location, 'state'))
      const url = parse(location, 'url')
      const keyPrefix = parse(location, 'keyPrefix')
      const cached = builder
        .withLock(new RedisDistributedLock(url, { keyPrefix }))
        .withCache(new RedisTokenCache(url, { keyPrefix }))
      return { builder: cached, proxy }
    },
  },
}

/** The lines of the builder as a program would write them. */
export function connect(backend: string, location: string): StoredBuilder {
  return backendOf(backend).connect(location)
}

async function postgresThrough(location: string) {
  const url = parse(location, 'url')
  const proxy = await TcpProxy.start({ port: Number(new URL(url).port) })
  const listen = throughProxy(url, proxy)
  const store = new PostgresStateStore(url, { schema: parse(location, 'schema'), listen })
  return { builder: CredentialManager.builder().withStorage(store), proxy }
}

function redisChannel(url: string): Channel {
  const client = new Redis(url)
  return {
    async listen(onMessage) {
      client.on('message', (_, text) => onMessage(text))
      await client.subscribe(rawChannel)
    },
    async send(text) {
      await client.publish(rawChannel, text)
    },
    async close() {
      client.disconnect()
    },
  }
}

function postgresChannel(url: string): Channel {
  const client = new Client(url)
  const connected = client.connect()
  return {
    async listen(onMessage) {
      await connected
      client.on('notification', ({ payload = '' }) => onMessage(payload))
      await client.query(`LISTEN ${rawChannel}`)
    },
    async send(text) {
      await connected
      await client.query('SELECT pg_notify($1, $2)', [rawChannel, text])
    },
    close: () => client.end(),
  }
}

function throughProxy(url: string, { host, port }: TcpProxy): string {
  const through = new URL(url)
  through.host = `${host}:${port}`
  return through.href
}

function parse(location: string, part: string): string {
  return (JSON.parse(location) as Record<string, string>)[part] ?? ''
}
