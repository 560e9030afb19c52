import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AuditSink,
  type Clock,
  CredentialError,
  CredentialManager,
  type DistributedLock,
  FileOutbox,
  type Outbox,
  rawKey,
  type StateStore,
  systemClock,
  type TokenCache,
} from '@nebula-credential/core'
import { oauth2RefreshToken } from '@nebula-credential/oauth2'
import { guardedFetch } from '@nebula-credential/outbound'
import { PostgresStateStore } from '@nebula-credential/storage-postgres'
import {
  RedisDistributedLock,
  RedisOutbox,
  RedisStateStore,
  RedisTokenCache,
  RedlockQuorumLock,
} from '@nebula-credential/storage-redis'
import { SqliteAuditSink, SqliteDistributedLock, SqliteStateStore } from '@nebula-credential/storage-sqlite'
import { FaultyStore } from '@nebula-credential/testing'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { type Points, pointed } from '../../packages/core/test/crash/points.ts'
import { remoteAccount } from '../../packages/core/test/crash/remote-account.ts'
import { acme, type SharedWorld } from '../../packages/core/test/crash/sqlite-world.ts'
import { patiently } from './patiently.ts'

export const backends = ['sqlite', 'redis', 'postgres', 'redis+postgres'] as const
export type Backend = (typeof backends)[number]

/** Where managers meet, and what is wrong with the one of this process. Sent to workers, so all of it is plain. */
export interface World extends SharedWorld {
  readonly backend: Backend
  /** A folder for what is kept in files. */
  readonly folder: string
  /** The key prefix or schema of this world. */
  readonly space: string
  readonly redisUrl?: string | undefined
  /** Lock and cache are on the Redis that these Sentinels name. */
  readonly sentinels?: readonly { readonly host: string; readonly port: number }[] | undefined
  /** Independent servers for the lock. */
  readonly redlockUrls?: readonly string[] | undefined
  readonly postgresUrl?: string | undefined
  /** How far this process's clock is ahead, in milliseconds. */
  readonly clockAheadMs?: number | undefined
  /** Whether this process finds no lock service. */
  readonly lockGone?: boolean | undefined
  /** The folder of an outbox that stands in for the backend's own. */
  readonly fileOutbox?: string | undefined
  /** How long a call waits for a server, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined
  /** Makes this process use a pool of so many connections, all of which it holds for a while on SIGUSR2. */
  readonly poolSize?: number | undefined
  /** How many replicas must have what is written to Redis. */
  readonly replicas?: number | undefined
}

interface Ports {
  readonly store: StateStore
  readonly lock: DistributedLock
  readonly outbox: Outbox
  readonly audit: AuditSink
  readonly cache?: TokenCache | undefined
}

/** For how long the pool of a process is held on SIGUSR2. */
const poolHeldMs = 4_000

const loopbackFetch = guardedFetch({ allow: ['127.0.0.1'], dangerouslyAllowHttp: true })

/** A manager in a world, whose every port call has its points. A server that is slow to let it in is asked again. */
export function openWorld(world: World, points: Points) {
  return patiently(() => open(world, points))
}

async function open(world: World, points: Points) {
  const ports = portsOf(world)
  const outbox = world.fileOutbox ? new FileOutbox(world.fileOutbox) : ports.outbox
  const builder = CredentialManager.builder()
    .withStorage(pointed(new FaultyStore(ports.store, world.faults), 'store', points))
    .withLock(pointed(world.lockGone ? goneLock : lockOf(world, ports), 'lock', points))
    .withOutbox(pointed(outbox, 'outbox', points))
    .withAudit(pointed(ports.audit, 'audit', points))
    .withEncryption(rawKey(Buffer.alloc(32, 7)))
    .withCredentials(remoteAccount(points), oauth2RefreshToken)
    .withFetch((...request) => points.around('fetch', () => loopbackFetch(...request)))
    .withClock(clockOf(world))
    .withPolicy({ dueJitterMs: 0, ...world.policy })
    .withContext(acme)
  const { cache } = ports
  return await (cache ? builder.withCache(pointed(cache, 'cache', points)) : builder).build()
}

export type WorldManager = Awaited<ReturnType<typeof openWorld>>

function portsOf(world: World): Ports {
  const { backend, folder, space, lease, timeoutMs = 10_000 } = world
  const redis = { keyPrefix: space, commandTimeoutMs: timeoutMs, ...lease }
  if (backend === 'sqlite') {
    const path = `${folder}/${space}.db`
    const store = new SqliteStateStore(path)
    return {
      store,
      lock: new SqliteDistributedLock(path, lease),
      outbox: store.outbox(),
      audit: store.audit(),
    }
  }
  if (backend === 'redis') {
    const waitForReplicas = world.replicas === undefined ? undefined : { count: world.replicas }
    const store = new RedisStateStore(redisOf(world), { ...redis, waitForReplicas, leaseTiming: lease })
    // Redis keeps no audit.
    return {
      store,
      lock: store.lock(),
      outbox: store.outbox(),
      audit: new SqliteAuditSink(`${folder}/${space}.db`),
    }
  }
  const store = new PostgresStateStore(databaseOf(world), {
    schema: space,
    leaseTiming: lease,
    connectTimeoutMs: timeoutMs,
    statementTimeoutMs: timeoutMs,
  })
  if (backend === 'postgres')
    return { store, lock: store.lock(), outbox: store.outbox(), audit: store.audit() }
  return {
    store,
    lock: new RedisDistributedLock(redisOf(world), redis),
    outbox: new RedisOutbox(redisOf(world), redis),
    audit: store.audit(),
    cache: new RedisTokenCache(redisOf(world), redis),
  }
}

function databaseOf({ postgresUrl = '', poolSize }: World): Pool | string {
  if (poolSize === undefined) return postgresUrl
  const pool = new Pool({ connectionString: postgresUrl, max: poolSize, allowExitOnIdle: true })
  process.on('SIGUSR2', () => {
    void holdAll(pool, poolSize)
  })
  return pool
}

/** As a program does whose own work needs the pool. */
async function holdAll(pool: Pool, size: number): Promise<void> {
  const held = await Promise.all(Array.from({ length: size }, () => pool.connect()))
  await Promise.all(held.map(client => client.query('BEGIN')))
  await sleep(poolHeldMs)
  for (const client of held) client.release(true)
}

function redisOf({ redisUrl = '', sentinels }: World): Redis | string {
  if (sentinels === undefined) return redisUrl
  const client = new Redis({ sentinels: [...sentinels], name: 'nebula', sentinelRetryStrategy: () => 50 })
  client.on('error', () => {})
  sentinelClients.add(client)
  return client
}

const sentinelClients = new Set<Redis>()

/** Ends the clients that managers of this process were given; those look for their Sentinels for ever. */
export function endSentinelClients(): void {
  for (const client of sentinelClients) client.disconnect()
  sentinelClients.clear()
}

function lockOf({ redlockUrls, space, lease }: World, ports: Ports): DistributedLock {
  if (redlockUrls === undefined) return ports.lock
  return new RedlockQuorumLock(redlockUrls, { keyPrefix: space, commandTimeoutMs: 300, ...lease })
}

function clockOf({ clockAheadMs = 0 }: World): Clock {
  return { ...systemClock, now: () => Date.now() + clockAheadMs }
}

const goneLock: DistributedLock = {
  acquire: () => Promise.reject(lockIsGone()),
  tryAcquire: () => Promise.reject(lockIsGone()),
  close: async () => {},
}

function lockIsGone(): CredentialError {
  return new CredentialError('STORAGE_UNAVAILABLE', 'There is no lock service, on purpose')
}
