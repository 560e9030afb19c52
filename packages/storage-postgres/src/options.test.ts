import { inspect } from 'node:util'
import { isCredentialError } from '@nebula-credential/core'
import { Pool } from 'pg'
import { expect, test } from 'vitest'
import { type PostgresOptions, PostgresStateStore } from './index.ts'

const url = 'postgres://nebula:sentinel-5ecret@127.0.0.1:1/db'

test.each<[string, PostgresOptions]>([
  ['an empty schema', { schema: '' }],
  ['a schema that PostgreSQL would cut', { schema: 'x'.repeat(64) }],
  ['a schema that PostgreSQL would cut within a character', { schema: 'é'.repeat(32) }],
  ['a schema with NUL', { schema: 'a\0b' }],
  ['PostgreSQL’s own schema', { schema: 'pg_catalog' }],
  ['a time of 0', { connectTimeoutMs: 0 }],
  ['a negative time', { statementTimeoutMs: -1 }],
  ['a time that is none', { migrationTimeoutMs: Number.NaN }],
  ['a time beyond any timer', { statementTimeoutMs: 2 ** 31 }],
  ['a schema that a search path takes for the user’s', { schema: '$user' }],
  ['a lease of no time', { leaseTiming: { ttlMs: 0 } }],
  ['a lease that ends before it is renewed', { leaseTiming: { ttlMs: 5_000 } }],
])('%s is refused', (_, options) => {
  expect(() => new PostgresStateStore(url, options)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID' }),
  )
})

test.each([
  ['no URL', 'sentinel-5ecret'],
  ['a port that is none', 'postgres://nebula:sentinel-5ecret@host:port/db'],
  ['a percent sign that encodes nothing', 'postgres://nebula:sentinel-5ecret%@host/db%'],
])('%s as a connection string: an error without the password', (_, malformed) => {
  for (const database of [malformed, new Pool({ connectionString: malformed })]) {
    let error: unknown
    try {
      error = new PostgresStateStore(database).name
    } catch (caught) {
      error = caught
      expect(isCredentialError(error, 'CONFIG_INVALID')).toBe(true)
    }
    if (malformed.includes('@'))
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('5ecret')
  }
})

test.each([undefined, null, 7, {}, ''])('%o is refused as a database', given => {
  expect(() => new PostgresStateStore(given as never)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID' }),
  )
})

test('the name tells server, database and schema, and inspecting the store shows no password', () => {
  const store = new PostgresStateStore(url, { schema: 'credentials' })
  expect(store.name).toBe('postgres 127.0.0.1:1/db schema credentials')
  expect(inspect(store, { depth: 9, showHidden: true })).not.toContain('5ecret')
  expect(JSON.stringify(store)).not.toContain('5ecret')
})

test('an outbox has one name by whatever route it is reached, so that an intent of any process leads to it', () => {
  const routes = [url, url.replace('127.0.0.1:1', 'pooler.internal:6432')]
  const names = routes.map(route => new PostgresStateStore(route).outbox().name)
  expect(names).toEqual(Array(2).fill('postgres outbox in schema nebula'))
})
