import { isCredentialError } from '@nebula-credential/core'
import { sampleId, sampleRecord } from '@nebula-credential/testing'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type {} from '../../../tools/services/vitest/postgres.ts'
import { FreshDatabase } from '../test/fresh-database.ts'
import { PostgresStateStore } from './index.ts'

const serverUrl = inject('postgresUrl')

describe.skipIf(serverUrl === undefined)('what the server refuses', () => {
  let database: FreshDatabase
  let store: PostgresStateStore

  beforeAll(async () => {
    database = await FreshDatabase.on(serverUrl as string)
    store = new PostgresStateStore(database.url)
    await store.create(sampleRecord())
    // The server itself raises the SQLSTATE that a record's name asks for.
    await database.run(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'row of a tenant' USING ERRCODE = NEW.name; END $$;
      CREATE TRIGGER refuse BEFORE UPDATE ON nebula.credential FOR EACH ROW
        WHEN (NEW.name ~ '^[0-9A-Z]{5}$') EXECUTE FUNCTION refuse()`)
  })
  afterAll(async () => {
    await store.close()
    await database[Symbol.asyncDispose]()
  })

  test.each([
    ['disk full', '53100', 'STORAGE_UNAVAILABLE', 'disk is full'],
    ['out of memory', '53200', 'STORAGE_UNAVAILABLE', 'out of memory'],
    ['cancelled', '57014', 'STORAGE_UNAVAILABLE', 'cancelled'],
    ['a lock not had in time', '55P03', 'STORAGE_UNAVAILABLE', 'lock_timeout'],
    ['a table of another shape', '42804', 'SCHEMA_MISMATCH', 'changed by hand'],
    ['an error of its disk', '58030', 'STORAGE_UNAVAILABLE', 'See the cause'],
    ['corrupted data', 'XX001', 'STORAGE_UNAVAILABLE', 'See the cause'],
    ['a race lost again and again', '40001', 'STORAGE_UNAVAILABLE', 'See the cause'],
    ['a privilege', '42501', 'STORAGE_UNAVAILABLE', 'lacks a privilege'],
    ['a rule of the schema', '23514', 'INPUT_INVALID', 'break a rule'],
    ['a column of another release', '42703', 'SCHEMA_MISMATCH', 'migrate it'],
  ])('%s: a clear error, and nothing changed', async (_, state, code, advice) => {
    const error = await store.replace(sampleRecord({ version: 2, name: state })).catch(caught => caught)
    expect(isCredentialError(error, code as never)).toBe(true)
    expect(error.message).toContain(`SQLSTATE ${state}`)
    expect(error.message).toContain(advice)
    expect(error.message).not.toContain('row of a tenant')
    expect(error.cause).toMatchObject({ code: state })
    expect(await store.get('acme', sampleId())).toMatchObject({ version: 1, name: 'Support bot' })
  })

  test('text that PostgreSQL cannot hold is INPUT_INVALID, and never stored as other text', async () => {
    const refused = [
      sampleRecord({ id: 'nul\0' as never }),
      sampleRecord({ id: 'half \ud83d' as never }),
      sampleRecord({ id: 'in a label' as never, labels: { text: 'half \ud83d' } }),
      sampleRecord({ id: 'nul in a label' as never, labels: { text: '\0' } }),
      sampleRecord({ id: 'long'.repeat(5_000).replaceAll('l', () => String(Math.random())) as never }),
    ]
    for (const record of refused) {
      await expect(store.create(record)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    }
    await expect(store.get('acme', 'half \ud83d')).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    expect((await store.list({}, { limit: 10 })).records).toHaveLength(1)
  })

  test('a schema that was dropped behind a store is SCHEMA_MISMATCH, not silently made anew', async () => {
    const other = new PostgresStateStore(database.url, { schema: 'dropped' })
    await other.create(sampleRecord())
    await database.run('DROP SCHEMA dropped CASCADE')
    for (const call of [() => other.get('acme', sampleId()), () => other.lock().tryAcquire('key')]) {
      await expect(call()).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' })
    }
    expect(await database.run(`SELECT 1 FROM pg_namespace WHERE nspname = 'dropped'`)).toEqual([])
    await other.close()
  })
})
