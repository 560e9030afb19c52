import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BearerToken, CredentialId } from '@nebula-credential/core'
import { Client } from 'pg'
import { Points } from '../../packages/core/test/crash/points.ts'
import type { Site } from '../../packages/core/test/crash/sqlite-world.ts'
import {
  type Family,
  type FamilyOptions,
  StrictTokenServer,
} from '../../packages/core/test/crash/strict-token-server.ts'
import { WorkerProcess } from '../../packages/core/test/crash/worker-process.ts'
import { PostgresServer } from '../services/postgres-server.ts'
import { RedisServer } from '../services/redis-server.ts'
import { TcpProxy } from '../services/tcp-proxy.ts'
import { SmallDisk } from './small-disk.ts'
import { type Backend, openWorld, type World, type WorldManager } from './world.ts'

export type AccountId = CredentialId<BearerToken>

/** A server, and the way to it that can be cut and slowed down. */
export interface Reached<Server> {
  readonly server: Server
  readonly proxy: TcpProxy
}

export interface CredentialOptions extends FamilyOptions {
  /** How much of its lifetime the token has left, in milliseconds. Default: it has ended. */
  readonly leftMs?: number | undefined
  /** By how much its state is larger than it need be. Default 0. */
  readonly paddingBytes?: number | undefined
}

export const lease = { ttlMs: 1_000, renewEveryMs: 300 }
/** For servers that go away: soon enough that it is found out while a caller waits. */
export const soon = { timeoutMs: 1_500 }
const policy = {
  // As a provider may take, for the machine may be busy.
  rotatingRequestMs: 30_000,
  intentMarginMs: 300,
  intentPollMs: 20,
  lockWaitMs: 5_000,
  callerWaitMs: 15_000,
  retryPauseMs: 20,
  coolOffMs: 20,
  l1TtlMs: 2_000,
}

/** For processes that die while they ask: they are waited for no longer than this. */
export const shortIntents = { policy: { ...policy, rotatingRequestMs: 2_000 } }

/** A backend's real servers, a token server, and as many processes as a fault needs. */
export class Lab implements AsyncDisposable {
  readonly backend: Backend
  readonly tokens: StrictTokenServer
  /** On this machine's own disk. */
  readonly folder: string
  readonly redis: Reached<RedisServer> | undefined
  readonly postgres: Reached<PostgresServer> | undefined
  /** Where the state is kept, for a fault that mounts. */
  readonly disk: SmallDisk | undefined
  readonly #stack: AsyncDisposableStack
  #spaces = 0

  private constructor(
    backend: Backend,
    tokens: StrictTokenServer,
    stack: AsyncDisposableStack,
    folder: string,
    { redis, postgres, disk }: Pick<Lab, 'redis' | 'postgres' | 'disk'>,
  ) {
    this.backend = backend
    this.tokens = tokens
    this.redis = redis
    this.postgres = postgres
    this.disk = disk
    this.#stack = stack
    this.folder = folder
  }

  static async open(backend: Backend, mounts = false): Promise<Lab> {
    const stack = new AsyncDisposableStack()
    const folder = mkdtempSync(join(tmpdir(), 'nebula-faults-'))
    stack.defer(() => rmSync(folder, { recursive: true, force: true }))
    const reach = async <Server extends AsyncDisposable & { readonly port: number }>(
      started: Promise<Server>,
    ) => {
      const server = stack.use(await started)
      return { server, proxy: stack.use(await TcpProxy.start(server)) }
    }
    const redis = backend.includes('redis') ? await reach(RedisServer.start()) : undefined
    const postgres = backend.includes('postgres')
      ? await reach(PostgresServer.start({ settings: { max_connections: '60' } }))
      : undefined
    const disk = mounts ? stack.use(await diskOf(folder, postgres?.server)) : undefined
    const tokens = stack.use(await StrictTokenServer.start())
    return new Lab(backend, tokens, stack, folder, { redis, postgres, disk })
  }

  /** A new world: nothing is stored in it. */
  world(changes: Partial<World> = {}): World {
    const { redis, postgres, backend, disk } = this
    const url = postgres && new URL(postgres.server.url)
    if (url && postgres) url.port = String(postgres.proxy.port)
    return {
      backend,
      folder: backend === 'sqlite' && disk !== undefined ? disk.folder : this.folder,
      space: `faults_${++this.#spaces}`,
      redisUrl: redis && `redis://${redis.proxy.host}:${redis.proxy.port}`,
      postgresUrl: url?.href,
      lease,
      policy,
      ...changes,
    }
  }

  site(world: World): Site<World> {
    return { program: new URL('worker.ts', import.meta.url), world, open: openWorld }
  }

  /** A process that waits to be told of its world. It ends with the lab, or earlier. */
  async process(): Promise<WorkerProcess<World>> {
    return this.#stack.use(await WorkerProcess.start<World>(new URL('worker.ts', import.meta.url)))
  }

  /** A process with a manager in the world. It ends with the lab, or earlier. */
  async worker(world: World): Promise<WorkerProcess<World>> {
    return this.#stack.use(await WorkerProcess.open(new URL('worker.ts', import.meta.url), world))
  }

  /** A manager of this process in the world. Close it. */
  async manager(world: World): Promise<WorldManager> {
    return await openWorld(world, new Points(() => {}))
  }

  /** A credential in the world, whose token has ended or has `leftMs` left. */
  async credential(
    world: World,
    options: CredentialOptions = {},
  ): Promise<{ family: Family; id: AccountId }> {
    const family = this.tokens.family(options)
    await using manager = await openWorld(world, new Points(() => {}))
    const input = {
      // The fragment of a URL is not sent.
      url: `${this.tokens.urlOf(family)}#${'x'.repeat(options.paddingBytes ?? 0)}`,
      rotating: options.rotating ?? true,
      ...family.issue(options.leftMs ?? -1),
    }
    return { family, id: await manager.createCredential('account', input) }
  }

  /** What the server's own user asks of PostgreSQL, by a connection that nothing disturbs. */
  async sql(text: string): Promise<readonly Record<string, unknown>[]> {
    const client = new Client(this.postgres?.server.url)
    await client.connect()
    try {
      // A server that was made read-only must take the order not to be.
      await client.query('SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE')
      return (await client.query(text)).rows
    } finally {
      await client.end()
    }
  }

  /** Lets everything through again. */
  restore(): void {
    for (const reached of [this.redis, this.postgres]) {
      reached?.proxy.restore()
      if (reached) reached.proxy.delayMs = 0
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

/** A small disk for the file of SQLite, or for the tables of PostgreSQL, whose log stays on the large one. */
async function diskOf(folder: string, server: PostgresServer | undefined): Promise<SmallDisk> {
  if (server === undefined) return SmallDisk.mount(join(folder, 'disk'), { megabytes: 8 })
  const disk = SmallDisk.mount(join(server.process.folder, 'disk'), { megabytes: 24, owner: server.owner })
  const client = new Client(server.url)
  await client.connect()
  await client.query(`CREATE TABLESPACE small LOCATION '${disk.folder}'`)
  await client.query(`ALTER DATABASE ${server.database} SET default_tablespace = small`)
  await client.end()
  return disk
}
