import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisServer } from '../services/redis-server.ts'
import type { Lab } from './lab.ts'

/** A way in which a real server refuses to write. */
export interface Refusal {
  readonly name: string
  /** Whether what is there can be read meanwhile. */
  readonly readable: boolean
  begin(): Promise<void>
  end(): Promise<void>
}

/** The ways in which the server of the state refuses, but for a full disk. */
export function refusalsOf(lab: Lab): readonly Refusal[] {
  const { postgres, redis } = lab
  if (postgres !== undefined) return [readOnly(lab), cut('connection cut', postgres.proxy)]
  if (redis === undefined) throw new Error('SQLite has no server')
  const { server } = redis
  return [
    outOfMemory(server),
    tooFewReplicas(server),
    replica(server),
    snapshotFails(server),
    cut('connection cut', redis.proxy),
  ]
}

/** The disk of the state is full. */
export function diskFull(lab: Lab): Refusal {
  const { disk } = lab
  if (disk === undefined) throw new Error('There is no small disk')
  return {
    name: 'disk full',
    readable: true,
    begin: async () => disk.fill(),
    end: async () => disk.free(),
  }
}

/** The server that holds lock, cache and outbox beside the state refuses as well. */
export function together(first: Refusal, second: Refusal): Refusal {
  return {
    name: `${first.name}, ${second.name}`,
    readable: first.readable && second.readable,
    begin: async () => {
      await first.begin()
      await second.begin()
    },
    end: async () => {
      await first.end()
      await second.end()
    },
  }
}

export function outOfMemory(server: RedisServer): Refusal {
  return configured(server, 'out of memory', 'maxmemory', '1', '0')
}

function tooFewReplicas(server: RedisServer): Refusal {
  return configured(server, 'too few replicas', 'min-replicas-to-write', '1', '0')
}

function configured(server: RedisServer, name: string, key: string, bad: string, good: string): Refusal {
  return {
    name,
    readable: true,
    begin: () => order(server, 'CONFIG', 'SET', key, bad),
    end: () => order(server, 'CONFIG', 'SET', key, good),
  }
}

/** It was made a replica, of a master that is not there. */
function replica(server: RedisServer): Refusal {
  return {
    name: 'read-only replica',
    readable: true,
    begin: () => order(server, 'REPLICAOF', '127.0.0.1', '1'),
    end: () => order(server, 'REPLICAOF', 'NO', 'ONE'),
  }
}

/** Its last snapshot failed, after which it takes no writes. */
function snapshotFails(server: RedisServer): Refusal {
  const obstacle = join(server.process.folder, 'dump.rdb')
  const snapshot = async (status: string) => {
    await order(server, 'BGSAVE')
    while (!(await server.command('INFO', 'persistence')).includes(`rdb_last_bgsave_status:${status}`)) {
      await sleep(20)
    }
  }
  return {
    name: 'snapshot failed',
    readable: true,
    begin: async () => {
      rmSync(obstacle, { force: true })
      mkdirSync(join(obstacle, 'not a file'), { recursive: true })
      await order(server, 'CONFIG', 'SET', 'save', '3600 1')
      await snapshot('err')
    },
    end: async () => {
      rmSync(obstacle, { recursive: true, force: true })
      await snapshot('ok')
      await order(server, 'CONFIG', 'SET', 'save', '')
    },
  }
}

function readOnly(lab: Lab): Refusal {
  const set = async (value: 'on' | 'off') => {
    await lab.sql(`ALTER SYSTEM SET default_transaction_read_only = ${value}`)
    await lab.sql('SELECT pg_reload_conf()')
    // Sessions take the order when they are next idle.
    await sleep(200)
  }
  return { name: 'read-only', readable: true, begin: () => set('on'), end: () => set('off') }
}

export function cut(name: string, proxy: { cut(): void; restore(): void }): Refusal {
  return {
    name,
    readable: false,
    begin: async () => proxy.cut(),
    end: async () => proxy.restore(),
  }
}

/** @throws Error when the server does not do it */
async function order(server: RedisServer, ...args: string[]): Promise<void> {
  const answer = await server.command(...args)
  if (!/^(OK|Background saving)/.test(answer))
    throw new Error(`Redis answers ${args.join(' ')} with ${answer}`)
}
