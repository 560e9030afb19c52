import { randomBytes } from 'node:crypto'
import { apiKey } from '@nebula-credential/api-key'
import { Client } from 'pg'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { PostgresServer } from '../../../tools/services/postgres-server.ts'
import { RedisServer } from '../../../tools/services/redis-server.ts'
import { unlessUnavailable } from '../../../tools/services/service-unavailable.ts'
import { temporaryTree } from '../../../tools/workspace/temporary-tree.ts'
import { type BackendName, backends } from '../backend/backends.ts'
import { openManager } from '../open-manager.ts'

const password = randomBytes(12).toString('hex')
const redis = await unlessUnavailable('a given Redis', () => RedisServer.start({ password }))
const postgres = await unlessUnavailable('a given PostgreSQL', () => PostgresServer.start())

afterEach(() => vi.unstubAllEnvs())
afterAll(async () => {
  await redis?.[Symbol.asyncDispose]()
  await postgres?.[Symbol.asyncDispose]()
})

it.skipIf(!redis)(
  'uses a Redis that was given under a prefix of its own, and leaves it as it was',
  async () => {
    vi.stubEnv('NEBULA_REDIS_URL', redis?.url)
    const keys = () => redis?.command('KEYS', '*')
    await expectCleanUse('redis', password, keys)
  },
)

it.skipIf(!postgres)(
  'uses a PostgreSQL that was given in a schema of its own, and leaves it as it was',
  async () => {
    vi.stubEnv('NEBULA_POSTGRES_URL', postgres?.url)
    const client = new Client(postgres?.url)
    await client.connect()
    const schemas = async () => (await client.query('SELECT nspname FROM pg_namespace ORDER BY 1')).rows
    await expectCleanUse('postgres', postgres?.password ?? '', schemas)
    await client.end()
  },
)

async function expectCleanUse(
  backend: BackendName,
  serverPassword: string,
  contents: () => Promise<unknown> | undefined,
): Promise<void> {
  using temporary = temporaryTree({})
  const before = await contents()
  {
    await using location = await backends[backend].start(temporary.root)
    expect(location.description).not.toContain(serverPassword)
    await using manager = await openManager({ backend, location, passphrase: 'of this test' })
    const acme = manager.as({ tenantId: 'acme', actor: 'test' })
    const id = await acme.createCredential(apiKey, { key: 'opens the door' })
    const stored = await backends[backend].atRest({ ...location, folders: [] })
    expect(stored.some(({ bytes }) => bytes.includes(id))).toBe(true)
    expect(await contents()).not.toEqual(before)
  }
  expect(await contents()).toEqual(before)
}
