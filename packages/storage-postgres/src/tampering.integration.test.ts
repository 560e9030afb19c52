import { CredentialManager, isCredentialError, rawKey } from '@nebula-credential/core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type {} from '../../../tools/services/vitest/postgres.ts'
import { FreshDatabase } from '../test/fresh-database.ts'
import { RotatingProvider } from '../test/rotating-provider.ts'
import { PostgresStateStore } from './index.ts'

const serverUrl = inject('postgresUrl')
const acme = { tenantId: 'acme', actor: 'worker', workflowId: 'reports', tags: ['eu'] }

describe.skipIf(serverUrl === undefined)('a row that hostile hands have edited', () => {
  let database: FreshDatabase
  const provider = new RotatingProvider(3_600_000)

  beforeAll(async () => {
    database = await FreshDatabase.on(serverUrl as string)
  })
  afterAll(async () => await database[Symbol.asyncDispose]())

  const openManager = () =>
    CredentialManager.builder()
      .withStorage(new PostgresStateStore(database.url))
      .withEncryption(rawKey(Buffer.alloc(32, 7)))
      .withCredentials(provider.account)
      .build()

  test.each([
    ['tags that are a number', `tags = '5'`],
    ['tags that are an object', `tags = '{"every": 1}'`],
    ['tags that are no texts', `tags = '[1, null]'`],
    ['shares that are a text', `shares = '"x"'`],
    ['shares that are nothing', `shares = '[null]'`],
    ['a share with an object', `shares = '[{"workflowId": {"a": 1}}]'`],
    ['an intent that is null', `details = '{"intent": null}'`],
    ['a cool-off that is null', `details = '{"coolOff": null}'`],
    ['an empty workflow', `workflow_id = ''`],
    ['a status of its own', `status = 'constructor'`],
    ['times that are none', `expires_at = 'NaN', due_at = 'Infinity', updated_at = 'NaN'`],
    ['a version that no number holds', 'version = 9007199254740993'],
  ])('%s: each call has its token or a clear error, and no other credential suffers', async (_, edit) => {
    await using first = await openManager()
    const options = { scope: { workflowId: 'reports', tags: ['eu'] }, shares: [{ workflowId: 'audits' }] }
    const create = () => first.as(acme).createCredential(provider.account, provider.grant(), options)
    await database.run('DELETE FROM nebula.credential')
    const [edited, other] = [await create(), await create()]
    await database.run(`UPDATE nebula.credential SET ${edit} WHERE id = $1`, [edited])

    await using manager = await openManager()
    const view = manager.as(acme)
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
    const idsOf = (page: { credentials: readonly { id: string }[] }) => page.credentials.map(({ id }) => id)
    expect(idsOf(await view.list())).toContain(other)
    expect(idsOf(await manager.operator('ops').list())).toContain(other)
  })
})
