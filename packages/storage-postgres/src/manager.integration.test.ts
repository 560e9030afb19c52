import { type CredentialId, CredentialManager, isCredentialError, rawKey } from '@nebula-credential/core'
import { Client, Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { TcpProxy } from '../../../tools/services/tcp-proxy.ts'
import type {} from '../../../tools/services/vitest/postgres.ts'
import { FreshDatabase } from '../test/fresh-database.ts'
import { RotatingProvider } from '../test/rotating-provider.ts'
import { PostgresStateStore } from './index.ts'

const serverUrl = inject('postgresUrl')
const acme = { tenantId: 'acme', actor: 'worker' }
const hour = 3_600_000

describe.skipIf(serverUrl === undefined)('managers on one database', () => {
  let database: FreshDatabase
  let provider: RotatingProvider

  beforeAll(async () => {
    database = await FreshDatabase.on(serverUrl as string)
  })
  beforeEach(() => {
    provider = new RotatingProvider(hour)
  })
  afterAll(async () => await database[Symbol.asyncDispose]())

  function openManager(pool?: Pool) {
    return (
      CredentialManager.builder()
        .withStorage(new PostgresStateStore(pool ?? database.url))
        .withEncryption(rawKey(Buffer.alloc(32, 7)))
        .withCredentials(provider.account)
        // Longer than any test waits: what is forgotten before was forgotten for a message.
        .withPolicy({ l1TtlMs: hour })
        .build()
    )
  }

  test('400 callers of two managers on one expired credential make one request', async () => {
    await using first = await openManager()
    await using second = await openManager()
    const id = await first.as(acme).createCredential(provider.account, provider.grant())
    const calls = Array.from({ length: 400 }, (_, n) => (n % 2 ? first : second).as(acme).getToken(id))
    const tokens = await Promise.all(calls)
    expect(new Set(tokens.map(({ value }) => value.expose()))).toEqual(new Set(['access 2']))
    expect(provider.requests).toBe(1)
  })

  test('a credential revoked by one manager is refused by the other within one message', async () => {
    await using first = await openManager()
    await using second = await openManager()
    const id = await first.as(acme).createCredential(provider.account, provider.grant())
    await second.as(acme).getToken(id)
    await first.as(acme).revokeCredential(id)
    await refused(second, id)
  })

  test('one revoked while the other’s listening connection was cut is refused when it listens again', async () => {
    await using first = await openManager()
    await using second = await openManager()
    const id = await first.as(acme).createCredential(provider.account, provider.grant())
    await second.as(acme).getToken(id)
    await database.run(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND query ~ '^(LISTEN|SELECT 1$)'`,
    )
    await first.as(acme).revokeCredential(id)
    await refused(second, id)
  })

  test('a grant whose record cannot be written waits in the outbox table, and another manager adopts it', async () => {
    const lost = await openManager()
    const id = await lost.as(acme).createCredential(provider.account, provider.grant())
    await database.run(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$;
      CREATE TRIGGER refuse BEFORE UPDATE ON nebula.credential FOR EACH ROW
        WHEN (NEW.generation > OLD.generation) EXECUTE FUNCTION refuse()`)
    expect((await lost.as(acme).getToken(id)).value.expose()).toBe('access 2')
    expect(await database.run('SELECT id FROM nebula.outbox_entry')).toEqual([{ id }])

    await database.run('DROP TRIGGER refuse ON nebula.credential; DROP FUNCTION refuse')
    await using heir = await openManager()
    expect((await heir.as(acme).getToken(id)).value.expose()).toBe('access 2')
    expect(await heir.as(acme).describe(id)).toMatchObject({ generation: 2, lifecycle: 'Active' })
    expect(provider).toMatchObject({ requests: 1, isRevoked: false })
    await lost[Symbol.asyncDispose]()
  })

  test('a new state that was committed, but whose answer was lost, is found to be saved', async () => {
    await using proxy = await TcpProxy.start({ port: Number(new URL(database.url).port) })
    const url = new URL(database.url)
    url.port = String(proxy.port)
    let losses = 0
    const restored = Promise.withResolvers<void>()
    /** Loses the answer to the first statement that writes a whole record. */
    class LosingClient extends Client {
      override query(...given: never[]): never {
        const { text = '' } = (given as unknown[])[0] as { text?: string }
        if (losses === 0 && /\.credential SET\s+version = \$3/.test(text)) {
          losses++
          proxy.loseAnswers()
          setTimeout(() => {
            proxy.restore()
            restored.resolve()
          }, 100)
        }
        return super.query(...(given as [never])) as never
      }
    }
    const pool = new Pool({ connectionString: url.href, Client: LosingClient as never })
    const cut = await openManager(pool)
    const id = await cut.as(acme).createCredential(provider.account, provider.grant())
    expect((await cut.as(acme).getToken(id)).value.expose()).toBe('access 2')
    expect(losses).toBe(1)

    await restored.promise
    await cut.close()
    await pool.end()
    await using other = await openManager()
    expect((await other.as(acme).getToken(id)).value.expose()).toBe('access 2')
    expect(await other.as(acme).describe(id)).toMatchObject({ generation: 2, lifecycle: 'Active' })
    expect(provider).toMatchObject({ requests: 1, isRevoked: false })
  })

  /** Resolves when a manager returns the token no more. */
  async function refused(manager: Awaited<ReturnType<typeof openManager>>, id: CredentialId): Promise<void> {
    const isRefused = () =>
      manager
        .as(acme)
        .getToken(id)
        .then(() => false, isCredentialError)
    await expect.poll(isRefused, { interval: 10, timeout: 30_000 }).toBe(true)
  }
})
