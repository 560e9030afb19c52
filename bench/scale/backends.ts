import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StateStore } from '@nebula-credential/core'
import { PostgresStateStore } from '@nebula-credential/storage-postgres'
import { RedisStateStore } from '@nebula-credential/storage-redis'
import { SqliteStateStore } from '@nebula-credential/storage-sqlite'
import { Pool } from 'pg'
import { PostgresServer } from '../../tools/services/postgres-server.ts'
import { RedisServer } from '../../tools/services/redis-server.ts'

/** A backend that holds several stores, each empty at first, as with the defaults of its package. */
export interface ScaleBackend extends AsyncDisposable {
  store(name: string): StateStore
  /** Called once all stores are filled: what the server would do by itself in its first minutes. */
  settle(): Promise<void>
}

// Only reads are measured, from files that are in memory either way, so no create need wait for a disk. Where there is
// no such folder, a million of them may take half an hour.
const fastFolder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** The backends by the name that `--backend` takes. */
export const scaleBackends: Readonly<Record<string, () => Promise<ScaleBackend>>> = {
  sqlite: openSqlite,
  redis: openRedis,
  postgres: openPostgres,
}

/** @throws RangeError naming the backends that there are */
export async function openScaleBackend(name: string): Promise<ScaleBackend> {
  const open = scaleBackends[name]
  if (open !== undefined) return await open()
  throw new RangeError(`There is no backend "${name}". There are: ${Object.keys(scaleBackends).join(', ')}`)
}

async function openSqlite(): Promise<ScaleBackend> {
  const folder = await mkdtemp(join(fastFolder, 'nebula-scale-'))
  return {
    store: name => new SqliteStateStore(join(folder, `${name}.db`)),
    async settle() {},
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

async function openRedis(): Promise<ScaleBackend> {
  const server = await RedisServer.start()
  return {
    store: keyPrefix => new RedisStateStore(server.url, { keyPrefix }),
    async settle() {},
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

async function openPostgres(): Promise<ScaleBackend> {
  const server = await PostgresServer.start({ durable: false })
  const pool = new Pool({ connectionString: server.url })
  return {
    store: schema => new PostgresStateStore(server.url, { schema }),
    async settle() {
      await pool.query('VACUUM (ANALYZE)')
    },
    async [Symbol.asyncDispose]() {
      await pool.end()
      await server[Symbol.asyncDispose]()
    },
  }
}
