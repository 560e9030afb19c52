import { FaultyStore } from '@nebula-credential/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { testKey, World } from '../../../test/managers.ts'
import { eventsIn } from '../../audit/test/audit-fixture.ts'
import { CredentialError, CredentialManager, MemoryStateStore, MemoryTokenCache } from '../../index.ts'

const acme = { tenantId: 'acme', actor: 'worker' }
const readMs = 500

/**
 * Two managers over one shared cache, of which the second has nothing in memory. What the cache answers is as of the
 * question, and takes half a second to arrive.
 */
async function coldBesideWarm() {
  const world = new World({ lifetimeMs: 3_600_000 })
  const reads = { count: 0, fail: false }
  const join = async () => {
    const cache = new MemoryTokenCache(world.backend)
    const get = cache.get.bind(cache)
    cache.get = async key => {
      reads.count++
      const entry = await get(key)
      await world.clock.sleep(readMs)
      if (reads.fail) throw new CredentialError('STORAGE_UNAVAILABLE', 'the cache is away')
      return entry
    }
    const store = new FaultyStore(new MemoryStateStore(world.backend))
    const manager = await CredentialManager.builder()
      .withStorage(store)
      .withEncryption(testKey)
      .withCredentials(world.account)
      .withClock(world.clock)
      .withCache(cache)
      .build()
    onTestFinished(async () => {
      await world.settle(manager.close()).catch(() => undefined)
    })
    return { store, manager, view: manager.as(acme) }
  }
  const warm = await join()
  const cold = await join()
  const id = await warm.view.createCredential(world.account, world.input())
  await world.settle(warm.view.getToken(id))
  await world.clock.advance(0)
  reads.count = 0
  cold.store.inject()
  return { world, reads, warm, cold, id }
}

const times = <T>(count: number, call: () => Promise<T>) => Promise.all(Array.from({ length: count }, call))

describe('a cold read of the shared cache', () => {
  test('is shared by a thousand callers', async () => {
    const { world, reads, cold, id } = await coldBesideWarm()
    const tokens = await world.settle(times(1_000, () => cold.view.getToken(id)))
    expect(reads.count).toBe(1)
    expect(cold.store.callsOf('get')).toBe(0)
    expect(new Set(tokens).size).toBe(1)
    await world.settle(cold.manager.close())
    const events = await eventsIn(new MemoryStateStore(world.backend).audit())
    const counted = events.filter(
      ({ action, outcome }) => action === 'credential.read' && outcome === 'success',
    )
    expect(counted.reduce((sum, { count = 1 }) => sum + count, 0)).toBe(1_000)
  })

  test('shows each caller only what its own scope allows', async () => {
    const { world, reads, warm, cold, id } = await coldBesideWarm()
    await world.settle(warm.view.updateCredential(id, { scope: { userId: 'ann' } }))
    const ann = cold.manager.as({ ...acme, userId: 'ann' })
    const bob = cold.manager.as({ ...acme, userId: 'bob' })
    await world.settle(warm.manager.as({ ...acme, userId: 'ann' }).getToken(id))
    await world.clock.advance(0)
    reads.count = 0
    cold.store.inject()
    const outcomes = await world.settle(
      Promise.allSettled(Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? bob : ann).getToken(id))),
    )
    expect(reads.count).toBe(1)
    expect(cold.store.callsOf('get')).toBe(0)
    for (const [at, outcome] of outcomes.entries()) {
      if (at % 2 === 1) expect(outcome.status).toBe('fulfilled')
      else expect(outcome).toMatchObject({ reason: { code: 'CREDENTIAL_NOT_FOUND' } })
    }
  })

  test('goes on for the others when one of them gives up', async () => {
    const { world, reads, cold, id } = await coldBesideWarm()
    const gaveUp = new AbortController()
    const impatient = cold.view.getToken(id, { signal: gaveUp.signal })
    const patient = cold.view.getToken(id, { signal: new AbortController().signal })
    await world.clock.advance(100)
    gaveUp.abort(new Error('enough'))
    await expect(impatient).rejects.toThrow('enough')
    await world.clock.advance(readMs)
    await expect(patient).resolves.toBeDefined()
    expect(reads.count).toBe(1)
  })

  test('leaves nothing behind when the credential changes meanwhile', async () => {
    const { world, reads, warm, cold, id } = await coldBesideWarm()
    const early = cold.view.getToken(id)
    await world.clock.advance(100)
    await warm.view.revokeCredential(id)
    // It does not join a read that began before the change.
    const late = cold.view.getToken(id)
    late.catch(() => undefined)
    await expect(world.settle(early)).resolves.toBeDefined()
    await expect(world.settle(late)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
    expect(reads.count).toBe(2)
    await expect(world.settle(cold.view.getToken(id))).rejects.toMatchObject({
      code: 'REAUTHORIZATION_REQUIRED',
    })
  })

  test('that fails costs all who share it one look into the store, and is made anew by the next', async () => {
    const { world, reads, cold, id } = await coldBesideWarm()
    reads.fail = true
    await world.settle(times(100, () => cold.view.getToken(id)))
    expect(reads.count).toBe(1)
    expect(cold.store.callsOf('get')).toBe(1)
    reads.fail = false
    await world.clock.advance(10_001)
    await world.settle(times(100, () => cold.view.getToken(id)))
    expect(reads.count).toBe(2)
    expect(cold.store.callsOf('get')).toBe(1)
  })
})

test('a caller who gives up while the store is asked ends its own wait only', async () => {
  const world = new World()
  const store = new FaultyStore(new MemoryStateStore(world.backend))
  const view = (await world.manager(store)).as(acme)
  const id = await view.createCredential(world.account, world.input())
  const get = store.get.bind(store)
  store.get = async (tenantId, wanted) => {
    const record = await get(tenantId, wanted)
    await world.clock.sleep(readMs)
    return record
  }
  store.inject()
  const gaveUp = new AbortController()
  const impatient = view.getToken(id, { signal: gaveUp.signal })
  const patient = view.getToken(id)
  await world.clock.advance(100)
  gaveUp.abort(new Error('enough'))
  await expect(impatient).rejects.toThrow('enough')
  await world.clock.advance(readMs)
  await expect(patient).resolves.toBeDefined()
  expect(store.callsOf('get')).toBe(1)
})
