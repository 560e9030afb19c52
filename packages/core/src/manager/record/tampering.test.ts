import { FaultyStore, leakScan } from '@nebula-credential/testing'
import { describe, expect, test } from 'vitest'
import { World } from '../../../test/managers.ts'
import {
  type CredentialError,
  type CredentialRecord,
  MemoryStateStore,
  MemoryTokenCache,
  rawKey,
} from '../../index.ts'

const acme = { tenantId: 'acme', actor: 'worker' }

/** Two credentials of one tenant and one of another, and a hand in their store. */
async function world() {
  const world = new World()
  const manager = await world.manager()
  const view = manager.as(acme)
  const id = await view.createCredential(world.account, world.input())
  const neighbour = await view.createCredential(world.account, world.input(), { scope: { userId: 'ann' } })
  const other = await manager.as({ tenantId: 'other' }).createCredential(world.account, world.input())
  const rows = world.backend.records
  const keyOf = (wanted: string) => [...rows.keys()].find(key => key.endsWith(wanted)) as string
  const row = (wanted: string) => rows.get(keyOf(wanted)) as CredentialRecord
  const edit = (wanted: string, change: Partial<CredentialRecord>) =>
    rows.set(keyOf(wanted), { ...row(wanted), ...change })
  return { world, manager, view, id, neighbour, other, rows, row, edit }
}

const flip = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))

describe('a record changed outside this program does not decrypt, is audited, and harms no other', () => {
  type Setup = Awaited<ReturnType<typeof world>>
  test.for<[string, (setup: Setup) => void]>([
    [
      'a bit of its ciphertext',
      ({ edit, row, id }) => edit(id, { state: flip(row(id).state, row(id).state.length - 1) }),
    ],
    ['a truncated ciphertext', ({ edit, row, id }) => edit(id, { state: row(id).state.subarray(0, 40) })],
    ['no ciphertext at all', ({ edit, id }) => edit(id, { state: new Uint8Array() })],
    [
      'the ciphertext of another row',
      ({ edit, row, id, neighbour }) => edit(id, { state: row(neighbour).state }),
    ],
    ['the ciphertext of another tenant', ({ edit, row, id, other }) => edit(id, { state: row(other).state })],
    [
      'a wider scope',
      ({ edit, id }) =>
        edit(id, {
          scope: { tenantId: 'acme', tags: [] as string[], userId: undefined, workflowId: 'w' },
          shares: [],
        }),
    ],
    ['a share', ({ edit, id }) => edit(id, { shares: [{ userId: 'eve' }] })],
    ['another generation', ({ edit, id }) => edit(id, { generation: 7 })],
    ['another schema version', ({ edit, id }) => edit(id, { stateVersion: 0 })],
  ])('%s', async ([, change]) => {
    const setup = await world()
    const { manager, view, id, other } = setup
    change(setup)
    const asker = manager.as({ ...acme, workflowId: 'w' })
    const error = await asker.getToken(id).then(
      () => expect.unreachable(),
      (reason: CredentialError) => reason,
    )
    expect(error).toMatchObject({ code: 'DECRYPTION_FAILED', credentialId: id })
    expect(error.message).toContain(id)
    expect(leakScan(error, ['sentinel-access', 'sentinel-refresh'])).toEqual([])
    await expect(view.describe(id)).rejects.toMatchObject({
      code: expect.stringMatching(/DECRYPTION_FAILED|NOT_FOUND/),
    })
    await expect(manager.as({ tenantId: 'other' }).getToken(other)).resolves.toBeDefined()
    const events = await Array.fromAsync(
      manager.operator('op').readAudit({ tenantId: 'acme', credentialId: id }),
    )
    expect(events.map(({ event }) => event)).toContainEqual(
      expect.objectContaining({ outcome: 'violation', code: 'DECRYPTION_FAILED' }),
    )
  })

  test('a record moved to another tenant', async () => {
    const { manager, row, rows, id } = await world()
    rows.set(`4:evil:${id}`, { ...row(id), scope: { tenantId: 'evil' } })
    await expect(manager.as({ tenantId: 'evil' }).getToken(id)).rejects.toMatchObject({
      code: 'DECRYPTION_FAILED',
    })
  })

  test('a status set back from revoked', async () => {
    const {
      view,
      edit,
      id,
      world: { clock },
    } = await world()
    await view.revokeCredential(id)
    await clock.advance(0)
    edit(id, { status: 'active' })
    await expect(view.getToken(id)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' })
  })

  test('a whole row rolled back opens, and is found by the audit', async () => {
    const { manager, view, row, rows, id, world: w } = await world()
    const key = [...rows.keys()].find(each => each.endsWith(id)) as string
    const old = row(id)
    await w.settle(view.updateCredential(id, { input: w.input() }))
    rows.set(key, old)
    const found = await Array.fromAsync(manager.operator('op').findRollBacks({ tenantId: 'acme' }))
    expect(found).toEqual([{ credentialId: id, storedGeneration: 1, auditedGeneration: 2 }])
  })

  test('a change that was audited and then refused by the store is not taken for a roll-back', async () => {
    const w = new World()
    const store = new FaultyStore(new MemoryStateStore(w.backend), [], w.clock)
    const manager = await w.manager(store)
    const view = manager.as(acme)
    const id = await view.createCredential(w.account, w.input())
    store.inject({ method: 'replace', kind: 'fail' })
    await expect(w.settle(view.updateCredential(id, { input: w.input() }))).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
    })
    store.inject()
    expect(await Array.fromAsync(manager.operator('op').findRollBacks({ tenantId: 'acme' }))).toEqual([])
  })

  test('a damaged record can still be deleted', async () => {
    const { view, edit, id } = await world()
    edit(id, { state: new Uint8Array() })
    await view.deleteCredential(id)
    await expect(view.getToken(id)).rejects.toMatchObject({ code: 'CREDENTIAL_NOT_FOUND' })
  })
})

test('an entry of the shared cache that was changed is not believed, and the store answers', async () => {
  const w = new World()
  const store = () => new MemoryStateStore(w.backend)
  const { CredentialManager } = await import('../../index.ts')
  const build = () =>
    CredentialManager.builder()
      .withStorage(store())
      .withEncryption(rawKey(Buffer.alloc(32, 7)))
      .withCredentials(w.account)
      .withClock(w.clock)
      .withCache(new MemoryTokenCache(w.backend))
      .build()
  const first = await build()
  const view = first.as(acme)
  const id = await view.createCredential(w.account, w.input())
  await view.getToken(id)
  await w.clock.advance(0)
  expect(w.backend.tokens.size).toBe(1)
  expect(leakScan([...w.backend.tokens.values()], ['sentinel-access', 'sentinel-refresh'])).toEqual([])

  const [key, cached] = [...w.backend.tokens][0] as [
    string,
    { entry: { sealed: Uint8Array; fields: object } },
  ]
  const second = await build()
  expect((await second.as(acme).getToken(id)).value.expose()).toBe('sentinel-access-0')
  for (const entry of [
    { ...cached.entry, sealed: flip(cached.entry.sealed, 60) },
    { ...cached.entry, fields: { ...cached.entry.fields, scope: { tenantId: 'acme', userId: 'eve' } } },
  ]) {
    w.backend.tokens.set(key, { ...cached, entry } as never)
    const third = await build()
    const eve = third.as({ ...acme, userId: 'eve' })
    expect((await eve.getToken(id)).value.expose()).toBe('sentinel-access-0')
    const events = await Array.fromAsync(
      third.operator('op').readAudit({ tenantId: 'acme', credentialId: id }),
    )
    expect(events.map(({ event }) => event.reason)).toContain('cached_token')
    await w.settle(third.close())
  }
  for (const manager of [first, second]) await w.settle(manager.close())
})
