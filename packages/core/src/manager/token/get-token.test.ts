import { FaultyStore } from '@nebula-credential/testing'
import { describe, expect, test } from 'vitest'
import { World } from '../../../test/managers.ts'
import { eventsIn } from '../../audit/test/audit-fixture.ts'
import { CredentialError, MemoryStateStore, type StateStore } from '../../index.ts'

const acme = { tenantId: 'acme', actor: 'worker' }

describe('getToken', () => {
  test('hands out the same token, without asking the store again, as long as it stands in memory', async () => {
    const world = new World()
    const store = new FaultyStore(new MemoryStateStore(world.backend))
    const view = (await world.manager(store)).as(acme)
    const id = await view.createCredential(world.account, world.input())
    const first = await view.getToken(id)
    store.inject()
    expect(await view.getToken(id)).toBe(first)
    expect(await view.getToken(id, { minValidityMs: 60_000 })).toBe(first)
    expect(store.callsOf('any')).toBe(0)
    await world.clock.advance(10_001)
    expect((await view.getToken(id)).value.expose()).toBe(first.value.expose())
    expect(store.callsOf('get')).toBe(1)
  })

  test('a thousand cold callers share one load', async () => {
    const world = new World()
    const store = new FaultyStore(new MemoryStateStore(world.backend))
    const view = (await world.manager(store)).as(acme)
    const id = await view.createCredential(world.account, world.input())
    store.inject()
    const tokens = await Promise.all(Array.from({ length: 1_000 }, () => view.getToken(id)))
    expect(new Set(tokens).size).toBe(1)
    expect(store.callsOf('get')).toBe(1)
  })

  test('a store that answers at once is believed at once, and one that throws at once rejects the call', async () => {
    const world = new World()
    const store = new MemoryStateStore(world.backend)
    const id = await (await world.manager(store)).as(acme).createCredential(world.account, world.input())
    const record = await store.get('acme', id)
    const atOnce = Object.assign(new MemoryStateStore(world.backend), {
      get: (_tenantId: string, wanted: string) => {
        if (wanted === id) return record
        throw new CredentialError('STORAGE_UNAVAILABLE', 'the disk is gone')
      },
    })
    const manager = await world.manager(atOnce as StateStore)
    const view = manager.as(acme)
    const [first, second] = await Promise.all([view.getToken(id), view.getToken(id)])
    expect(second.value.expose()).toBe(first.value.expose())
    await expect(manager.as({ ...acme, tenantId: 'evil' }).getToken(id)).rejects.toMatchObject({
      code: 'CREDENTIAL_NOT_FOUND',
    })
    const other = world.account.id(id.replace(/.$/, last => (last === '0' ? '1' : '0')))
    await expect(view.getToken(other)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  })

  test('reads of more credentials than wait in memory by default are all in the audit', async () => {
    const world = new World({ policy: { l1MaxEntries: 12_000 } })
    const manager = await world.manager()
    const view = manager.as(acme)
    const ids = await Promise.all(
      Array.from({ length: 12_000 }, () => view.createCredential(world.account, world.input())),
    )
    for (const id of ids) await view.getToken(id)
    await world.settle(manager.close())
    const events = await eventsIn(new MemoryStateStore(world.backend).audit())
    const reads = events.filter(({ action }) => action === 'credential.read')
    expect(new Set(reads.map(({ credentialId }) => credentialId)).size).toBe(12_000)
    expect(events.filter(({ action }) => action === 'audit.lost')).toEqual([])
  }, 60_000)

  test('another tenant, workflow, user or tag sees nothing, neither cold nor while the token stands in memory', async () => {
    const world = new World()
    const manager = await world.manager()
    const owner = { ...acme, workflowId: 'w1', userId: 'u1', tags: ['eu'] }
    const id = await manager.as(owner).createCredential(world.account, world.input())
    const strangers = [
      { ...owner, tenantId: 'evil' },
      { ...owner, workflowId: 'w2' },
      { ...owner, workflowId: undefined },
      { ...owner, userId: 'u2' },
      { ...owner, tags: ['us'] },
      acme,
    ]
    for (const warm of [false, true]) {
      if (warm) await manager.as(owner).getToken(id)
      for (const stranger of strangers) {
        await expect(manager.as(stranger).getToken(id)).rejects.toMatchObject({
          code: 'CREDENTIAL_NOT_FOUND',
        })
      }
      await expect(manager.as({ ...owner, tags: ['eu', 'more'] }).getToken(id)).resolves.toBeDefined()
    }
    const events = await Array.fromAsync(
      manager.operator('op').readAudit({ tenantId: 'acme', credentialId: id }),
    )
    expect(events.filter(({ event }) => event.outcome === 'denied')).toHaveLength(10)
    const foreign = await Array.fromAsync(manager.operator('op').readAudit({ tenantId: 'evil' }))
    expect(foreign.map(({ event }) => event.outcome)).toEqual(['denied', 'denied'])
  })

  test('a denial looks the same for an unknown id and for one out of scope', async () => {
    const world = new World()
    const manager = await world.manager()
    const id = await manager.as(acme).createCredential(world.account, world.input())
    const unknown = world.account.id(`account_${'0'.repeat(26)}`)
    const stranger = manager.as({ tenantId: 'evil' })
    const denial = async (asked: typeof id) => {
      const error = await stranger.getToken(asked).then(
        () => expect.unreachable(),
        (reason: Error) => reason,
      )
      return JSON.stringify({ ...error, message: error.message }).replaceAll(asked, '<id>')
    }
    expect(await denial(id)).toBe(await denial(unknown))
  })

  test('a share lets a further workflow in, and taking it back shuts it out in every manager', async () => {
    const world = new World()
    const [here, there] = [await world.manager(), await world.manager()]
    const owner = here.as({ ...acme, workflowId: 'w1' })
    const other = there.as({ ...acme, workflowId: 'w2' })
    const id = await owner.createCredential(world.account, world.input(), { shares: [{ workflowId: 'w2' }] })
    await expect(other.getToken(id)).resolves.toBeDefined()
    await owner.updateCredential(id, { shares: [] })
    await world.clock.advance(0)
    await expect(other.getToken(id)).rejects.toMatchObject({ code: 'CREDENTIAL_NOT_FOUND' })
  })

  test('an expired token is refreshed; one in its last moments is refreshed for who needs it longer', async () => {
    const world = new World({ lifetimeMs: 100_000 })
    const view = (await world.manager()).as(acme)
    const id = await view.createCredential(world.account, world.input())
    const first = await view.getToken(id)
    await world.clock.advance(60_000)
    expect((await world.settle(view.getToken(id))).generation).toBe(first.generation)
    const longer = await world.settle(view.getToken(id, { minValidityMs: 50_000 }))
    expect(longer.generation).toBe(2)
    await world.clock.advance(100_001)
    expect((await world.settle(view.getToken(id))).generation).toBe(3)
    expect(world.server.requests).toEqual(['granted', 'granted'])
  })

  test('asking for more validity than a token can have does not refresh at every call', async () => {
    const world = new World({ lifetimeMs: 100_000 })
    const view = (await world.manager()).as(acme)
    const id = await view.createCredential(world.account, world.input())
    for (let i = 0; i < 5; i++) await world.settle(view.getToken(id, { minValidityMs: 10_000_000 }))
    expect(world.server.requests).toEqual([])
  })

  test('a due token is handed out at once and refreshed behind', async () => {
    const world = new World({ lifetimeMs: 1_000_000 })
    const view = (await world.manager()).as(acme)
    const id = await view.createCredential(world.account, world.input())
    await world.clock.advance(800_001)
    expect((await view.getToken(id)).generation).toBe(1)
    await world.clock.advance(0)
    expect((await view.getToken(id)).generation).toBe(2)
    expect(world.server.requests).toEqual(['granted'])
  })

  test("a caller's signal ends its own wait, not the refresh", async () => {
    const world = new World({ lifetimeMs: 1_000 })
    const view = (await world.manager()).as(acme)
    const id = await view.createCredential(world.account, world.input())
    await world.clock.advance(2_000)
    const hold = Promise.withResolvers<void>()
    world.server.disturb({ hold: hold.promise })
    const impatient = new AbortController()
    const left = view.getToken(id, { signal: impatient.signal })
    const patient = view.getToken(id)
    await world.clock.advance(10)
    impatient.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    hold.resolve()
    expect((await world.settle(patient)).generation).toBe(2)
    expect(world.server.requests).toEqual(['granted'])
  })

  test('a malformed id is refused, and a closed manager says so', async () => {
    const world = new World()
    const manager = await world.manager()
    const view = manager.as(acme)
    const id = await view.createCredential(world.account, world.input())
    await view.getToken(id)
    await expect(view.getToken('nonsense' as never)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await manager.close()
    await expect(view.getToken(id)).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(view.describe(id)).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('a manager without a context of its own says what to do', async () => {
    const world = new World()
    const manager = await world.manager()
    const id = await manager.as(acme).createCredential(world.account, world.input())
    await expect(manager.getToken(id)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})
