import {
  apiKeyToken,
  CredentialManager,
  defineCredential,
  isCredentialError,
  MemoryAuditSink,
  rawKey,
  secret,
} from '@nebula-credential/core'
import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openClient, redisUrl, uniquePrefix, withoutRedis } from '../test/redis-harness.ts'
import { Keyspace, memberOf } from './keyspace.ts'
import { RedisStateStore } from './state-store.ts'

const acme = { tenantId: 'acme', actor: 'worker', workflowId: 'reports', tags: ['eu'] }

const key = defineCredential({
  type: 'key',
  input: z.strictObject({ key: secret() }),
  state: z.object({ key: secret() }),
  token: apiKeyToken,
  initialize: input => input,
  access: state => ({ value: state.key, placement: { in: 'header', name: 'X-Key' } }),
})

// biome-ignore lint/suspicious/noExplicitAny: whatever somebody may write there
type Edit = (record: { sealed: any; metadata: any; version: string }) => void

beforeEach(context => context.skip(redisUrl === '', withoutRedis))

describe('a record that hostile hands have edited', () => {
  const edits: [string, Edit][] = [
    ['tags that are an object', ({ sealed }) => set(sealed.scope, { tags: { every: 1 } })],
    ['tags that are no texts', ({ sealed }) => set(sealed.scope, { tags: [1, null] })],
    ['shares that are a text', ({ sealed }) => set(sealed, { shares: 'x' })],
    ['shares that are nothing', ({ sealed }) => set(sealed, { shares: [null] })],
    ['no scope', ({ sealed }) => set(sealed, { scope: null })],
    ['the id of another', ({ sealed }) => set(sealed, { id: 'key_another' })],
    ['a list for what is sealed', record => set(record, { sealed: [] })],
    ['a status of its own', ({ sealed }) => set(sealed, { status: 'constructor' })],
    ['no labels', ({ metadata }) => set(metadata, { labels: null })],
    ['an intent that is null', ({ metadata }) => set(metadata, { intent: null })],
    ['a cool-off that is null', ({ metadata }) => set(metadata, { coolOff: null })],
    ['no name', ({ metadata }) => set(metadata, { name: undefined })],
    ['a version that no number holds', record => set(record, { version: '9007199254740993' })],
    ['a version that is none', record => set(record, { version: 'x' })],
  ]
  test.each(edits)(
    '%s: no call fails but by a clear error, and no other credential suffers',
    async (_, edit) => {
      await using stage = await editedRecord(edit)
      const { view, other, manager } = stage
      await callAll(stage)
      await expect(view.getToken(other)).resolves.toBeDefined()
      for (const list of [view.list(), manager.operator('ops').list()]) {
        expect((await list).credentials.map(({ id }) => id)).toContain(other)
      }
    },
  )

  test.each<[string, Edit]>([
    ['null for its metadata', record => set(record, { metadata: null })],
    ['a text for what is sealed', record => set(record, { sealed: 'x' })],
  ])('%s: every call says that it cannot be read', async (_, edit) => {
    await using stage = await editedRecord(edit)
    await callAll(stage)
    await expect(stage.view.getToken(stage.other)).resolves.toBeDefined()
    await expect(stage.view.list()).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' })
  })
})

const set = Object.assign as (target: unknown, values: object) => void

/** A store with two credentials, of which the first was edited where it lies. */
async function editedRecord(edit: Edit) {
  const keyPrefix = uniquePrefix()
  const open = () =>
    CredentialManager.builder()
      .withStorage(new RedisStateStore(redisUrl, { keyPrefix }))
      .withAudit(new MemoryAuditSink())
      .withEncryption(rawKey(Buffer.alloc(32, 7)))
      .withCredentials(key)
      .build()
  await using first = await open()
  const options = { scope: { workflowId: 'reports', tags: ['eu'] }, shares: [{ workflowId: 'audits' }] }
  const create = () => first.as(acme).createCredential(key, { key: 'sesame' }, options)
  const [edited, other] = [await create(), await create()]

  const client = openClient(redisUrl)
  const place = `${new Keyspace(keyPrefix).root('acme')}record:${memberOf({ tenantId: 'acme', id: edited })}`
  const { sealed = '', metadata = '', version = '' } = await client.hgetall(place)
  const record = { sealed: JSON.parse(sealed), metadata: JSON.parse(metadata), version }
  edit(record)
  await client.hset(place, {
    sealed: JSON.stringify(record.sealed),
    metadata: JSON.stringify(record.metadata),
    version: record.version,
  })
  client.disconnect()

  const manager = await open()
  return {
    manager,
    view: manager.as(acme),
    edited,
    other,
    [Symbol.asyncDispose]: () => manager.close(),
  }
}

async function callAll({ view, edited }: Awaited<ReturnType<typeof editedRecord>>): Promise<void> {
  const calls = [
    () => view.getToken(edited),
    () => view.describe(edited),
    () => view.refreshCredential(edited),
    () => view.updateCredential(edited, { name: 'another' }),
    () => view.revokeCredential(edited),
    () => view.deleteCredential(edited),
  ]
  for (const call of calls) {
    const error = await call().then(
      () => undefined,
      caught => caught,
    )
    if (error !== undefined) expect(isCredentialError(error), error.stack).toBe(true)
  }
}
