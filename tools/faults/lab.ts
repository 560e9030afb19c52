import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BearerToken, type CredentialId, isCredentialError } from '@nebula-credential/core'
import { Points } from '../../packages/core/test/crash/points.ts'
import { acme, type Site } from '../../packages/core/test/crash/sqlite-world.ts'
import {
  type Family,
  type FamilyOptions,
  StrictTokenServer,
} from '../../packages/core/test/crash/strict-token-server.ts'
import { WorkerProcess } from '../../packages/core/test/crash/worker-process.ts'
import { PostgresServer } from '../services/postgres-server.ts'
import { RedisServer } from '../services/redis-server.ts'
import { TcpProxy } from '../services/tcp-proxy.ts'
import type { Tally } from './tally.ts'
import { type Backend, openWorld, type World, type WorldManager } from './world.ts'

export type AccountId = CredentialId<BearerToken>

/** A server, and the way to it that can be cut and slowed down. */
export interface Reached<Server> {
  readonly server: Server
  readonly proxy: TcpProxy
}

/** The times of a world whose processes die: a process that has died is waited for no longer than this. */
export const lease = { ttlMs: 1_000, renewEveryMs: 300 }
export const intentMs = 2_300
const policy = {
  rotatingRequestMs: 2_000,
  intentMarginMs: 300,
  intentPollMs: 20,
  lockWaitMs: 5_000,
  callerWaitMs: 10_000,
  retryPauseMs: 20,
  coolOffMs: 20,
  l1TtlMs: 2_000,
}

/** A backend's real servers, a token server, and as many processes as a fault needs. */
export class Lab implements AsyncDisposable {
  readonly backend: Backend
  readonly tokens: StrictTokenServer
  readonly redis: Reached<RedisServer> | undefined
  readonly postgres: Reached<PostgresServer> | undefined
  readonly #stack: AsyncDisposableStack
  readonly #folder: string
  #spaces = 0

  private constructor(
    backend: Backend,
    tokens: StrictTokenServer,
    stack: AsyncDisposableStack,
    servers: { redis?: Reached<RedisServer> | undefined; postgres?: Reached<PostgresServer> | undefined },
  ) {
    this.backend = backend
    this.tokens = tokens
    this.redis = servers.redis
    this.postgres = servers.postgres
    this.#stack = stack
    this.#folder = mkdtempSync(join(tmpdir(), 'nebula-faults-'))
    stack.defer(() => rmSync(this.#folder, { recursive: true, force: true }))
  }

  static async open(backend: Backend): Promise<Lab> {
    const stack = new AsyncDisposableStack()
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
    const tokens = stack.use(await StrictTokenServer.start())
    return new Lab(backend, tokens, stack, { redis, postgres })
  }

  /** A new world: nothing is stored in it. */
  world(changes: Partial<World> = {}): World {
    const { redis, postgres, backend } = this
    const url = postgres && new URL(postgres.server.url)
    if (url && postgres) url.port = String(postgres.proxy.port)
    return {
      backend,
      folder: this.#folder,
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
    options: FamilyOptions & { readonly leftMs?: number } = {},
  ): Promise<{ family: Family; id: AccountId }> {
    const family = this.tokens.family(options)
    await using manager = await openWorld(world, new Points(() => {}))
    const input = {
      url: this.tokens.urlOf(family),
      rotating: options.rotating ?? true,
      ...family.issue(options.leftMs ?? -1),
    }
    return { family, id: await manager.createCredential('account', input) }
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

/**
 * What a caller of another process gets, who tries again as long as it is told that it may: a token that the provider
 * accepts, after which the grant must go on, or the loss of the grant.
 */
export async function recover(
  tally: Tally,
  manager: WorldManager,
  { id, family }: { readonly id: AccountId; readonly family: Family },
  withinMs = 15_000,
): Promise<'token' | 'rotation_lost' | 'neither'> {
  const view = manager.as(acme)
  const startedAt = performance.now()
  try {
    const token = await patiently(() => view.getToken(id), withinMs)
    tally.recovered(performance.now() - startedAt)
    if (!family.accepts(token.value.expose())) {
      tally.broken.push('a token was handed out that the provider does not accept')
      return 'neither'
    }
    await patiently(() => view.refreshCredential(id), withinMs)
    return 'token'
  } catch (error) {
    if (isCredentialError(error, 'REAUTHORIZATION_REQUIRED')) {
      tally.lostGrant()
      return 'rotation_lost'
    }
    tally.broken.push(`it did not recover: ${String(error)}`)
    return 'neither'
  }
}

/** Makes a call again whenever its error says that it may be. */
export async function patiently<T>(call: () => Promise<T>, withinMs: number): Promise<T> {
  const giveUpAt = performance.now() + withinMs
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!isCredentialError(error) || !error.retryable || performance.now() > giveUpAt) throw error
      await sleep(50)
    }
  }
}
