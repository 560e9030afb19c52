import { leakScan } from '@nebula-credential/testing'
import { expect, test } from 'vitest'
import { ada, ConsentStage, callbackOf } from '../../../test/consent-stage.ts'
import { MemoryStateStore } from '../../index.ts'

const label = 'sentinel-label'

async function connected(stage: ConsentStage, name: string, code = 'c1') {
  const view = await stage.view()
  const begun = await view.beginAuthorization(stage.type, { clientSecret: 'sentinel-client' }, { name })
  await view.resumeAuthorization(callbackOf(begun, { code }), begun)
  return { view, id: begun.credentialId }
}

test('a list tells whose accounts they are when it is asked to, and never otherwise', async () => {
  const stage = new ConsentStage()
  const { view, id } = await connected(stage, 'Mail')
  const account = { id: 'account-1', label }
  expect((await view.list({ accounts: true })).credentials).toMatchObject([{ id, name: 'Mail', account }])
  for (const shown of [await view.list(), await stage.events()]) expect(leakScan(shown, [label])).toEqual([])
})

test('a list shows no account of what is not in scope', async () => {
  const stage = new ConsentStage()
  await connected(stage, 'Mail')
  const other = await stage.view({ ...ada, userId: 'bob' })
  expect((await other.list({ accounts: true })).credentials).toEqual([])
})

test('a list leaves the account of a damaged record out, and says so in the audit', async () => {
  const stage = new ConsentStage()
  const { view, id } = await connected(stage, 'Mail')
  await connected(stage, 'Calendar', 'c2')
  const store = new MemoryStateStore(stage.backend)
  const record = await store.get('acme', id)
  if (record === undefined) expect.unreachable()
  await store.replace({ ...record, version: record.version + 1, generation: record.generation + 1 })
  const { credentials } = await view.list({ accounts: true })
  expect(Object.fromEntries(credentials.map(({ name, account }) => [name, account?.label]))).toEqual({
    Mail: undefined,
    Calendar: label,
  })
})
