import {
  type FakeClock,
  type Fault,
  FaultyStore,
  PassThroughStore,
  type StoreMethod,
} from '@nebula-credential/testing'
import { describe, expect, test } from 'vitest'
import { World } from '../../../test/managers.ts'
import {
  CredentialError,
  type CredentialManager,
  envelopeKey,
  FileOutbox,
  MemoryBackend,
  MemoryStateStore,
  ProviderFailure,
} from '../../index.ts'

const acme = { tenantId: 'acme', actor: 'worker' }
const down = [
  { method: 'replace', kind: 'fail' },
  { method: 'updateMetadata', kind: 'fail' },
] as const

/** An expired credential, and a manager whose store can be made to refuse. */
async function expired(options: { readonly rotating?: boolean } = {}) {
  const world = new World({ lifetimeMs: 60_000, ...options })
  const store = new FaultyStore(new MemoryStateStore(world.backend), [], world.clock)
  const manager = await world.manager(store)
  const view = manager.as(acme)
  const id = await view.createCredential(world.account, world.input())
  await world.clock.advance(60_001)
  return { world, store, manager, view, id }
}

async function outcomes(manager: CredentialManager, credentialId: string) {
  const events = await Array.fromAsync(manager.operator('op').readAudit({ tenantId: 'acme', credentialId }))
  return events.map(({ event }) => `${event.action} ${event.outcome} ${event.reason ?? ''}`.trim())
}

/** As a caller that tries again whenever it is told that it may. */
async function patiently<T>(world: World, call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!(error as CredentialError).retryable) throw error
      await world.clock.sleep(500)
    }
  }
}

/** Makes the store refuse once the provider is being asked. */
async function refuseDuringRefresh(
  setup: Awaited<ReturnType<typeof expired>>,
  faults: readonly Fault[] = down,
) {
  const { world, store, view, id } = setup
  const hold = Promise.withResolvers<void>()
  world.server.disturb({ hold: hold.promise })
  const pending = view.getToken(id)
  await world.clock.advance(10)
  store.inject(...faults)
  hold.resolve()
  return world.settle(pending)
}

describe('a store that refuses after the provider granted', () => {
  test('a write whose answer was lost is found to be ours, and not taken for that of another', async () => {
    const setup = await expired()
    const { world, manager, view, id } = setup
    const token = await refuseDuringRefresh(setup, [{ method: 'replace', call: 1, kind: 'disconnect' }])
    await world.clock.advance(30_000)
    expect((await view.getToken(id)).value.expose()).toBe(token.value.expose())
    expect([...world.backend.outbox.values()].every(entries => entries.size === 0)).toBe(true)
    const audited = await outcomes(manager, id)
    expect(audited).toContain('credential.refresh success')
    expect(audited).not.toContain('credential.refresh dropped superseded')
  })

  test('callers get the good token, and the store gets the state when it is back', async () => {
    const setup = await expired()
    const { world, store, manager, view, id } = setup
    expect((await refuseDuringRefresh(setup)).generation).toBe(2)
    expect(world.backend.outbox.size).toBe(1)
    await world.clock.advance(20_000)
    expect((await view.getToken(id)).generation).toBe(2)
    store.inject()
    await world.clock.advance(30_000)
    expect(await view.describe(id)).toMatchObject({ generation: 2, lifecycle: 'Active' })
    expect([...world.backend.outbox.values()].every(entries => entries.size === 0)).toBe(true)
    expect(world.server.requests).toEqual(['granted'])
    expect(await outcomes(manager, id)).toContain('credential.refresh failure in_outbox')
  })

  test('another manager adopts what a dead one left in the outbox, without asking the provider', async () => {
    const setup = await expired()
    const { world, id } = setup
    await refuseDuringRefresh(setup)
    // The first manager is as good as dead: its store refuses for good.
    const heir = (await world.manager()).as(acme)
    const token = await world.settle(heir.getToken(id))
    expect(token).toMatchObject({ generation: 2 })
    expect(world.server.requests).toEqual(['granted'])
    await world.clock.advance(70_000)
    expect((await world.settle(heir.getToken(id))).generation).toBe(3)
    expect(world.server.familyRevoked).toBe(false)
  })

  test('without an outbox that takes it, one event says that a grant is at risk, and memory holds it', async () => {
    const world = new World({ lifetimeMs: 60_000 })
    const inner = new MemoryStateStore(world.backend)
    const store = new FaultyStore(inner, [], world.clock)
    const refusing = { ...inner.outbox(), put: () => Promise.reject(new Error('disk full')) }
    Object.assign(store, {
      outbox: () => ({
        name: refusing.name,
        put: refusing.put,
        list: async () => [],
        remove: async () => {},
        close: async () => {},
      }),
    })
    const manager = await world.manager(store)
    const view = manager.as(acme)
    const id = await view.createCredential(world.account, world.input())
    await world.clock.advance(60_001)
    expect((await refuseDuringRefresh({ world, store, manager, view, id })).generation).toBe(2)
    await world.clock.advance(20_000)
    store.inject()
    await world.clock.advance(40_000)
    expect(await view.describe(id)).toMatchObject({ generation: 2 })
    const seen = await outcomes(manager, id)
    expect(seen.filter(line => line.startsWith('grant_at_risk'))).toHaveLength(1)
    expect(world.server.requests).toEqual(['granted'])
  })

  test('without its key service no provider is asked; one that goes after the grant is waited for, with the token in use', async () => {
    const world = new World({ lifetimeMs: 60_000 })
    let away = false
    const answer = async (bytes: Uint8Array) => {
      if (away) throw new Error('the key service is away')
      return Uint8Array.from(bytes)
    }
    const keys = envelopeKey({ name: 'key service', wrap: answer, unwrap: answer }, { maxUses: 1 })
    const view = (await world.manager(new MemoryStateStore(world.backend), keys)).as(acme)
    const id = await view.createCredential(world.account, world.input())
    await world.clock.advance(60_001)

    away = true
    await expect(world.settle(view.getToken(id))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(world.server.requests).toEqual([])
    away = false

    const hold = Promise.withResolvers<void>()
    world.server.disturb({ hold: hold.promise })
    const pending = view.getToken(id)
    await world.clock.advance(10)
    away = true
    hold.resolve()
    expect((await world.settle(pending)).generation).toBe(2)
    expect((await view.getToken(id)).generation).toBe(2)
    away = false
    await world.clock.advance(20_000)
    expect(await view.describe(id)).toMatchObject({ generation: 2, lifecycle: 'Active' })
    await world.clock.advance(41_000)
    expect((await world.settle(view.getToken(id))).generation).toBe(3)
    expect(world.server.requests).toEqual(['granted', 'granted'])
  })

  test('a store that was migrated by a newer release meanwhile loses no grant', async () => {
    const world = new World({ lifetimeMs: 60_000 })
    let migrated = false
    class OldStore extends PassThroughStore {
      protected override around<T>(method: StoreMethod, call: () => Promise<T>): Promise<T> {
        if (!migrated || method === 'close') return call()
        return Promise.reject(new CredentialError('SCHEMA_MISMATCH', 'written by a newer release'))
      }
    }
    const view = (await world.manager(new OldStore(new MemoryStateStore(world.backend)))).as(acme)
    const id = await view.createCredential(world.account, world.input())
    await world.clock.advance(60_001)
    const hold = Promise.withResolvers<void>()
    world.server.disturb({ hold: hold.promise })
    const pending = view.getToken(id)
    await world.clock.advance(10)
    migrated = true
    hold.resolve()
    expect((await world.settle(pending)).generation).toBe(2)
    const upgraded = (await world.manager()).as(acme)
    expect((await world.settle(upgraded.getToken(id))).generation).toBe(2)
    expect(world.server.requests).toEqual(['granted'])
  })

  test('what memory alone holds is saved before another process may try the old grant', async () => {
    const world = new World({ lifetimeMs: 600_000 })
    const store = new FaultyStore(new MemoryStateStore(world.backend), [], world.clock)
    const nowhere = { list: async () => [], remove: async () => {}, close: async () => {} }
    const full = () => Promise.reject(new CredentialError('STORAGE_UNAVAILABLE', 'the disk is full'))
    Object.assign(store, { outbox: () => ({ name: 'full', put: full, ...nowhere }) })
    const manager = await world.manager(store)
    const view = manager.as(acme)
    const id = await view.createCredential(world.account, world.input())
    await world.clock.advance(600_001)
    await refuseDuringRefresh({ world, store, manager, view, id })
    for (let passedMs = 0; passedMs < 55_000; passedMs += 100) await world.clock.advance(100)
    store.inject()
    const heir = (await world.manager()).as(acme)
    const token = await world.settle(patiently(world, () => heir.getToken(id)))
    expect(token).toMatchObject({ generation: 2 })
    expect(world.server.requests).toEqual(['granted'])
  })

  test('closing makes a last try', async () => {
    const setup = await expired()
    const { world, store, manager, id } = setup
    await refuseDuringRefresh(setup)
    store.inject()
    await world.settle(manager.close())
    const heir = (await world.manager()).as(acme)
    expect(await heir.describe(id)).toMatchObject({ generation: 2 })
  })

  test('closing makes a last try also when it comes in the middle of one that fails', async () => {
    const world = new World({ lifetimeMs: 60_000 })
    const store = new FaultyStore(new MemoryStateStore(world.backend), [], world.clock)
    const nowhere = { list: async () => [], remove: async () => {}, close: async () => {} }
    const slow = async () => {
      await world.clock.sleep(1_000)
      throw new CredentialError('STORAGE_UNAVAILABLE', 'no answer')
    }
    Object.assign(store, { outbox: () => ({ name: 'slow', put: slow, ...nowhere }) })
    const manager = await world.manager(store)
    const view = manager.as(acme)
    const id = await view.createCredential(world.account, world.input())
    await world.clock.advance(60_001)
    await refuseDuringRefresh({ world, store, manager, view, id })
    const refused = store.callsOf('replace')
    while (store.callsOf('replace') === refused) await world.clock.advance(10)
    // It has found the store away, and the outbox has not answered yet.
    store.inject()
    await world.settle(manager.close())
    const heir = (await world.manager()).as(acme)
    expect(await heir.describe(id)).toMatchObject({ generation: 2 })
  })

  test('a write that happened although it was refused is found, not repeated', async () => {
    const { world, store, view, id } = await expired()
    store.inject({ method: 'replace', call: 1, kind: 'disconnect' })
    expect((await world.settle(view.getToken(id))).generation).toBe(2)
    await world.clock.advance(40_000)
    expect(await view.describe(id)).toMatchObject({ generation: 2 })
    await world.clock.advance(30_000)
    expect((await world.settle(view.getToken(id))).generation).toBe(3)
    expect(world.server.requests).toEqual(['granted', 'granted'])
  })

  test('a grant that is safe to repeat needs no outbox', async () => {
    const setup = await expired({ rotating: false })
    expect((await refuseDuringRefresh(setup)).generation).toBe(2)
    expect(setup.world.backend.outbox.size).toBe(0)
  })
})

describe('an unknown outcome', () => {
  test('the answer was lost: the old refresh token is tried once, and its refusal is a lost rotation', async () => {
    const { world, view, manager, id } = await expired()
    world.server.disturb({ loseAnswer: true })
    const error = await world.settle(view.getToken(id).catch((reason: CredentialError) => reason))
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryable: true })
    await world.clock.advance(2_000)
    await expect(world.settle(view.getToken(id))).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
    expect(world.server.requests).toEqual(['granted', 'invalid_grant'])
    expect(await view.describe(id)).toMatchObject({
      lifecycle: 'Failed',
      failure: { cause: 'rotation_lost' },
    })
    expect(await outcomes(manager, id)).toContain('credential.refresh failure rotation_lost')
  })

  test('the request never arrived: the old refresh token still works', async () => {
    const { world, view, id } = await expired()
    world.server.disturb({ fail: new ProviderFailure('unknown', 'the connection was reset') })
    await expect(world.settle(view.getToken(id))).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
    await world.clock.advance(2_000)
    expect((await world.settle(view.getToken(id))).generation).toBe(2)
    expect(await view.describe(id)).toMatchObject({ lifecycle: 'Active' })
  })

  test('a transient failure after it does not make it known', async () => {
    const { world, view, id } = await expired()
    world.server.disturb({ loseAnswer: true })
    await expect(world.settle(view.getToken(id))).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
    const unreachable = new ProviderFailure('transient', 'no connection', {
      retryAt: world.clock.now() + 3_000,
    })
    world.server.disturb({ fail: unreachable })
    await world.clock.advance(2_000)
    await expect(world.settle(view.getToken(id))).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
    await world.clock.advance(10_000)
    await expect(world.settle(view.getToken(id))).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
    expect(await view.describe(id)).toMatchObject({ failure: { cause: 'rotation_lost' } })
  })

  test("a slow answer is adopted although its callers' patience ended", async () => {
    const { world, view, id } = await expired()
    const hold = Promise.withResolvers<void>()
    world.server.disturb({ hold: hold.promise })
    const impatient = world.settle(view.getToken(id), 500)
    await expect(impatient).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
    await world.clock.advance(30_000)
    hold.resolve()
    await world.clock.advance(1_000)
    expect(await view.describe(id)).toMatchObject({ generation: 2 })
    expect(world.server.requests).toEqual(['granted'])
  })

  test('a manager that died in the middle is waited for, no longer than its intent says', async () => {
    const { world, view, id } = await expired()
    world.server.disturb({ hold: new Promise(() => {}) })
    void view.getToken(id).catch(() => undefined)
    await world.clock.advance(10)
    // Its process is dead: the lock it held runs out, its intent stands.
    Object.assign(world.backend, { locks: new MemoryBackend({ clock: world.clock }).locks })
    const heir = (await world.manager()).as(acme)
    const started = world.clock.now()
    await expect(world.settle(heir.getToken(id), 500)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
    await world.clock.advance(60_000)
    expect((await world.settle(heir.getToken(id))).generation).toBe(2)
    expect(world.clock.now() - started).toBeLessThan(90_000)
  })
})

test('while lock and outbox are away, an attempt under way is waited for, and none is taken for dead', async () => {
  const { world, view, id } = await expired()
  const inner = new MemoryStateStore(world.backend)
  const { name } = inner.outbox()
  const away = () => Promise.reject(new CredentialError('STORAGE_UNAVAILABLE', 'lock and outbox are away'))
  const close = async () => {}
  const alone = Object.assign(new PassThroughStore(inner), {
    outbox: () => ({ name, put: away, list: away, remove: away, close }),
    lock: () => ({ acquire: away, tryAcquire: away, close }),
  })
  const other = (await world.manager(alone)).as(acme)
  const hold = Promise.withResolvers<void>()
  world.server.disturb({ hold: hold.promise })
  const refreshing = view.getToken(id)
  await world.clock.advance(10)
  const waiting = other.getToken(id)
  await world.clock.advance(2_000)
  hold.resolve()
  const tokens = await world.settle(Promise.all([refreshing, waiting]))
  expect(tokens.map(({ generation }) => generation)).toEqual([2, 2])

  await world.clock.advance(61_000)
  world.server.disturb({ loseAnswer: true })
  await expect(world.settle(view.getToken(id))).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
  await world.clock.advance(70_000)
  await expect(world.settle(other.getToken(id))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  expect(world.server.requests).toEqual(['granted', 'granted'])
})

test('a file outbox outlives the store and the process', async () => {
  const { mkdtemp } = await import('node:fs/promises')
  const directory = await mkdtemp('/tmp/outbox-')
  const world = new World({ lifetimeMs: 60_000 })
  const withFileOutbox = () => {
    const store = new FaultyStore(new MemoryStateStore(world.backend), [], world.clock)
    return Object.assign(store, { outbox: () => new FileOutbox(directory) })
  }
  const store = withFileOutbox()
  const manager = await world.manager(store)
  const view = manager.as(acme)
  const id = await view.createCredential(world.account, world.input())
  await world.clock.advance(60_001)
  const hold = Promise.withResolvers<void>()
  world.server.disturb({ hold: hold.promise })
  const pending = view.getToken(id)
  await world.clock.advance(10)
  store.inject(...down)
  hold.resolve()
  expect((await passingTime(world.clock, 1, pending)).generation).toBe(2)
  const heir = (await world.manager(withFileOutbox())).as(acme)
  expect((await passingTime(world.clock, 10, heir.getToken(id))).generation).toBe(2)
  expect(world.server.requests).toEqual(['granted'])
})

/** Lets the clock go on in steps of so many ms, and files be written meanwhile, until a promise is settled. */
async function passingTime<T>(clock: FakeClock, stepMs: number, promise: Promise<T>): Promise<T> {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  promise.then(settle, settle)
  while (!isSettled) {
    await clock.advance(stepMs)
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  return promise
}
