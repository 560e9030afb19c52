import { FaultyStore } from '@nebula-credential/testing'
import { describe, expect, test } from 'vitest'
import { World, type WorldOptions } from '../../../test/managers.ts'
import {
  type CredentialError,
  type CredentialManager,
  type CredentialView,
  MemoryStateStore,
  ProviderFailure,
  type RefreshPolicy,
} from '../../index.ts'

const acme = { tenantId: 'acme', actor: 'worker' }

/** A world with one credential whose token has just expired. */
async function expired(options: WorldOptions & { managers?: number; policy?: Partial<RefreshPolicy> } = {}) {
  const world = new World({ lifetimeMs: 60_000, ...options })
  const stores: FaultyStore[] = []
  const managers: CredentialManager[] = []
  for (let i = 0; i < (options.managers ?? 1); i++) {
    const faulty = new FaultyStore(new MemoryStateStore(world.backend), [], world.clock)
    stores.push(faulty)
    managers.push(await world.manager(faulty))
  }
  const views = managers.map(each => each.as(acme))
  const [view, other] = views as [CredentialView, CredentialView]
  const [manager] = managers as [CredentialManager]
  const [store] = stores as [FaultyStore]
  const id = await view.createCredential(world.account, world.input())
  await world.clock.advance(60_001)
  return { world, views, view, other, store, manager, id }
}

const failing = (...failures: ProviderFailure[]) => failures.map(fail => ({ fail }))
const transient = (retryAt?: number) =>
  new ProviderFailure('transient', 'HTTP 503', { peerDown: true, retryAt })

describe('refresh', () => {
  test.for([true, false])(
    'four managers with 250 callers each make one request (rotating: %s)',
    async rotating => {
      const { world, views, id } = await expired({ managers: 4, rotating })
      const calls = views.flatMap(view => Array.from({ length: 250 }, () => view.getToken(id)))
      const tokens = await world.settle(Promise.all(calls))
      expect(new Set(tokens.map(token => token.value.expose())).size).toBe(1)
      expect(world.server.requests).toEqual(['granted'])
    },
  )

  test('goes on, refresh after refresh, for a provider that revokes the family on reuse', async () => {
    const { world, views, id } = await expired({ managers: 3 })
    for (let round = 1; round <= 20; round++) {
      const tokens = await world.settle(Promise.all(views.map(view => view.getToken(id))))
      expect(tokens.map(token => token.generation)).toEqual([round + 1, round + 1, round + 1])
      await world.clock.advance(60_001)
    }
    expect(world.server.familyRevoked).toBe(false)
  })

  test('the intent is written before the provider is asked, and refused writes ask nobody', async () => {
    const { world, view, store, id } = await expired()
    store.inject({ method: 'updateMetadata', kind: 'fail' })
    const error = await world.settle(view.getToken(id).catch((reason: CredentialError) => reason))
    expect(error).toMatchObject({ code: 'STORAGE_UNAVAILABLE', retryable: true })
    expect(world.server.requests).toEqual([])
    store.inject()
    expect((await world.settle(view.getToken(id))).generation).toBe(2)
  })

  test('an intent whose write was cut off after it happened does not hold up the next call', async () => {
    const { world, view, store, id } = await expired()
    store.inject({ method: 'updateMetadata', call: 1, kind: 'disconnect' })
    await expect(world.settle(view.getToken(id))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    const before = world.clock.now()
    expect((await world.settle(view.getToken(id))).generation).toBe(2)
    expect(world.clock.now() - before).toBeLessThan(1_000)
  })

  test('all tries of one refresh end before others may take its intent for a dead one', async () => {
    const { world, view, id } = await expired({ policy: { callerWaitMs: 300_000 } })
    world.server.disturb(
      { hold: world.clock.sleep(50_000), fail: transient() },
      { hold: world.clock.sleep(200_000), fail: transient() },
    )
    const startedAt = world.clock.now()
    const error = await world.settle(view.getToken(id).catch((reason: CredentialError) => reason))
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
    expect(world.clock.now() - startedAt).toBeLessThanOrEqual(60_500)
  })

  test('what the credential gains meanwhile is kept', async () => {
    const { world, view, other, id } = await expired({ managers: 2 })
    const hold = Promise.withResolvers<void>()
    world.server.disturb({ hold: hold.promise })
    const refreshing = view.getToken(id)
    await world.clock.advance(10)
    await other.updateCredential(id, { name: 'renamed', labels: { team: 'billing' } })
    hold.resolve()
    expect((await world.settle(refreshing)).generation).toBe(2)
    expect(await other.describe(id)).toMatchObject({
      name: 'renamed',
      labels: { team: 'billing' },
      generation: 2,
    })
  })

  test('a result for a credential that was given new input meanwhile is dropped and audited', async () => {
    const { world, view, other, manager, id } = await expired({ managers: 2 })
    const hold = Promise.withResolvers<void>()
    world.server.disturb({ hold: hold.promise })
    const refreshing = view.getToken(id)
    await world.clock.advance(10)
    await other.updateCredential(id, { input: { ...world.input(), accessToken: 'reconnected' } })
    hold.resolve()
    expect((await world.settle(refreshing)).value.expose()).toBe('reconnected')
    const events = await Array.fromAsync(
      manager.operator('op').readAudit({ tenantId: 'acme', credentialId: id }),
    )
    expect(events.map(({ event }) => [event.outcome, event.reason])).toContainEqual(['dropped', 'superseded'])
  })

  test('a result for a credential that was revoked meanwhile is dropped, and given back to the provider', async () => {
    const { world, view, other, id } = await expired({ managers: 2 })
    const hold = Promise.withResolvers<void>()
    world.server.disturb({ hold: hold.promise })
    const refreshing = view.getToken(id)
    await world.clock.advance(10)
    await world.settle(other.revokeCredential(id))
    hold.resolve()
    await expect(world.settle(refreshing)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
    expect(world.server.revokedTokens).toEqual(['sentinel-refresh-1', 'sentinel-refresh-2'])
  })
})

describe('a provider that fails', () => {
  test('a transient failure is tried again within the call', async () => {
    const { world, view, id } = await expired()
    world.server.disturb(...failing(transient(), transient()))
    expect((await world.settle(view.getToken(id))).generation).toBe(2)
    expect(world.server.requests).toEqual(['failed', 'failed', 'granted'])
  })

  test('then the credential rests, in every manager, longer each time, and recovers by itself', async () => {
    const { world, view, other, views, id } = await expired({ managers: 2 })
    let restMs = 0
    for (let round = 0; round < 5; round++) {
      world.server.disturb(...failing(transient(), transient(), transient()))
      const asked = world.server.requests.length
      const error = await world.settle(view.getToken(id).catch((reason: CredentialError) => reason))
      expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryable: true })
      expect(world.server.requests.length).toBe(asked + 3)
      for (const view of views) {
        const resting = await world.settle(view.getToken(id).catch((reason: CredentialError) => reason))
        expect(resting).toMatchObject({ code: expect.stringMatching(/COOLING_DOWN|PROVIDER_UNAVAILABLE/) })
      }
      expect(world.server.requests.length).toBe(asked + 3)
      const { retryAt } = error as CredentialError
      expect((retryAt ?? 0) - world.clock.now()).toBeGreaterThan(restMs * 1.2)
      restMs = (retryAt ?? 0) - world.clock.now()
      await world.clock.advance(restMs + 1)
    }
    expect((await world.settle(other.getToken(id))).generation).toBe(2)
    expect(await view.describe(id)).not.toHaveProperty('coolOff')
  })

  test("never rests less than the provider's Retry-After, and at most an hour", async () => {
    const { world, view, id } = await expired()
    world.server.disturb(...failing(transient(world.clock.now() + 120_000)))
    const first = await world.settle(view.getToken(id).catch((reason: CredentialError) => reason))
    expect(first).toMatchObject({ retryAt: world.clock.now() + 120_000 })
    expect(world.server.requests).toEqual(['failed'])
    await world.clock.advance(120_001)
    world.server.disturb(...failing(transient(world.clock.now() + 1e9)))
    const second = await world.settle(view.getToken(id).catch((reason: CredentialError) => reason))
    expect(second).toMatchObject({ retryAt: world.clock.now() + 3_600_000 })
  })

  test('a failure that the operator must mend rests five minutes; a forced call does not wait', async () => {
    const { world, view, id } = await expired()
    world.server.disturb(...failing(new ProviderFailure('config', 'invalid_client')))
    const error = await world.settle(view.getToken(id).catch((reason: CredentialError) => reason))
    expect(error).toMatchObject({ code: 'PROVIDER_REJECTED', retryAt: world.clock.now() + 300_000 })
    await expect(world.settle(view.getToken(id))).rejects.toMatchObject({ code: 'PROVIDER_REJECTED' })
    expect(world.server.requests).toEqual(['failed'])
    expect((await world.settle(view.refreshCredential(id))).generation).toBe(2)
    expect((await view.getToken(id)).generation).toBe(2)
  })

  test('a token that is still valid is served while its provider is down', async () => {
    const world = new World({ lifetimeMs: 60_000 })
    const view = (await world.manager()).as(acme)
    const id = await view.createCredential(world.account, world.input())
    await world.clock.advance(57_000)
    world.server.disturb(...failing(transient(), transient(), transient()))
    expect((await world.settle(view.getToken(id))).generation).toBe(1)
    expect(world.server.requests).toEqual(['failed', 'failed', 'failed'])
  })

  test('one outage of a provider does not mark every credential: the breaker opens, and closes by a probe', async () => {
    const world = new World({ lifetimeMs: 60_000, policy: { retriesInCall: 0 } })
    const view = (await world.manager()).as(acme)
    const ids = []
    for (let i = 0; i < 12; i++) ids.push(await view.createCredential(world.account, world.input()))
    await world.clock.advance(60_001)
    world.server.disturb(...failing(...Array.from({ length: 12 }, () => transient())))
    for (const id of ids) {
      await expect(world.settle(view.getToken(id))).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
    }
    expect(world.server.requests).toHaveLength(5)
    const resting = (await view.list()).credentials.filter(credential => credential.coolOff !== undefined)
    expect(resting).toHaveLength(5)
    await world.clock.advance(30_001)
    world.server.disturb(...failing())
    const last = ids[11] as (typeof ids)[number]
    await world.settle(view.getToken(last).catch(() => undefined))
    expect(world.server.requests).toHaveLength(6)
  })

  test('failures of one credential alone do not open the breaker for others', async () => {
    const world = new World({ lifetimeMs: 60_000, policy: { retriesInCall: 0, coolOffMs: 0 } })
    const view = (await world.manager()).as(acme)
    const sick = await view.createCredential(world.account, world.input())
    const well = await view.createCredential(world.account, world.input())
    await world.clock.advance(60_001)
    world.server.disturb(...failing(...Array.from({ length: 8 }, () => transient())))
    for (let i = 0; i < 8; i++) await world.settle(view.refreshCredential(sick).catch(() => undefined))
    expect((await world.settle(view.getToken(well))).generation).toBe(2)
  })
})

describe('invalid_grant', () => {
  test('on the current generation ends the credential, keeps its grant, and reconnecting keeps its id', async () => {
    const { world, view, other, id } = await expired({ managers: 2 })
    world.server.disturb(...failing(new ProviderFailure('terminal', 'invalid_grant')))
    await expect(world.settle(view.getToken(id))).rejects.toMatchObject({
      code: 'REAUTHORIZATION_REQUIRED',
      credentialId: id,
    })
    await expect(world.settle(other.getToken(id))).rejects.toMatchObject({
      code: 'REAUTHORIZATION_REQUIRED',
    })
    expect(world.server.requests).toEqual(['failed'])
    expect(await view.describe(id)).toMatchObject({
      lifecycle: 'Failed',
      failure: { cause: 'rejected' },
    })

    await view.updateCredential(id, { input: world.input() })
    expect((await world.settle(other.getToken(id))).generation).toBe(2)
    expect(await view.describe(id)).toMatchObject({ lifecycle: 'Active' })
  })

  test('after another generation was saved is a race, not a death', async () => {
    const { world, view, other, id } = await expired({ managers: 2 })
    const hold = Promise.withResolvers<void>()
    world.server.disturb({ hold: hold.promise })
    const late = view.getToken(id)
    await world.clock.advance(10)
    // Somebody reconnects while the old refresh token is on its way, and the server forgets the old family.
    await other.updateCredential(id, { input: { ...world.input(), refreshToken: 'new-family' } })
    world.server.familyRevoked = true
    hold.resolve()
    expect((await world.settle(late)).generation).toBe(2)
    expect(await view.describe(id)).toMatchObject({ lifecycle: 'Active' })
  })
})
