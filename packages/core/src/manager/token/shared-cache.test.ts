import { FaultyStore } from '@nebula-credential/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { testKey, World } from '../../../test/managers.ts'
import {
  CredentialError,
  CredentialManager,
  type Invalidation,
  MemoryStateStore,
  MemoryTokenCache,
  type TokenCache,
} from '../../index.ts'

const acme = { tenantId: 'acme', actor: 'worker' }

/** Managers whose store cannot tell them of changes, over one shared cache that can. */
async function sharing(makeCache?: (world: World) => TokenCache) {
  const world = new World({ lifetimeMs: 3_600_000 })
  const join = async () => {
    const inner = Object.assign(new MemoryStateStore(world.backend), { invalidation: undefined as never })
    const store = new FaultyStore(inner, [], world.clock)
    const manager = await CredentialManager.builder()
      .withStorage(store)
      .withEncryption(testKey)
      .withCredentials(world.account)
      .withClock(world.clock)
      .withCache(makeCache?.(world) ?? new MemoryTokenCache(world.backend))
      .build()
    onTestFinished(async () => {
      await world.settle(manager.close()).catch(() => undefined)
    })
    return { store, manager, view: manager.as(acme) }
  }
  return { world, join, first: await join(), second: await join() }
}

describe('a shared cache', () => {
  test('spares other processes the store', async () => {
    const { world, first, second } = await sharing()
    const id = await first.view.createCredential(world.account, world.input())
    const token = await first.view.getToken(id)
    await world.clock.advance(0)
    second.store.inject()
    expect((await second.view.getToken(id)).value.expose()).toBe(token.value.expose())
    expect(second.store.callsOf('get')).toBe(0)
    await expect(second.manager.as({ tenantId: 'evil' }).getToken(id)).rejects.toMatchObject({
      code: 'CREDENTIAL_NOT_FOUND',
    })
    await expect(second.manager.as({ ...acme, userId: 'x' }).getToken(id)).resolves.toBeDefined()
  })

  test('is written once for all who shared a load or a refresh', async () => {
    let written = 0
    const { world, first } = await sharing(made => {
      const inner = new MemoryTokenCache(made.backend)
      const set = inner.set.bind(inner)
      return Object.assign(inner, {
        set: (...given: Parameters<typeof set>) => {
          written++
          return set(...given)
        },
      })
    })
    const id = await first.view.createCredential(world.account, world.input())
    const callers = () => world.settle(Promise.all(Array.from({ length: 50 }, () => first.view.getToken(id))))
    await callers()
    await world.clock.advance(0)
    expect(written).toBe(1)
    await world.clock.advance(3_600_001)
    expect((await callers()).map(token => token.generation)).toEqual(Array(50).fill(2))
    await world.clock.advance(0)
    expect(written).toBe(2)
    expect(world.server.requests).toEqual(['granted'])
  })

  test('a change is followed within one message, and is not undone by a load that began before it', async () => {
    const { world, first, second } = await sharing()
    const id = await first.view.createCredential(world.account, world.input())
    await first.view.getToken(id)
    await world.clock.advance(0)
    await second.view.getToken(id)
    await world.clock.advance(10_001)

    // The record is read now, and arrives after it has changed.
    const { store } = second
    const get = store.get.bind(store)
    store.get = async (tenantId, wanted) => {
      const record = await get(tenantId, wanted)
      await world.clock.sleep(500)
      return record
    }
    world.backend.tokens.clear()
    const slow = second.view.getToken(id)
    await world.clock.advance(100)
    await first.view.revokeCredential(id)
    await world.clock.advance(1_000)
    await expect(slow).resolves.toBeDefined()
    store.get = get
    await world.clock.advance(0)
    expect(world.backend.tokens.size).toBe(0)
    await expect(second.view.getToken(id)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
  })

  test('is told of a change before the other processes, which ask it next', async () => {
    const { world, first, second } = await sharing(made => {
      const inner = new MemoryTokenCache(made.backend)
      const invalidate = inner.invalidate.bind(inner)
      return Object.assign(inner, {
        invalidate: async (...given: Parameters<typeof invalidate>) => {
          await made.clock.sleep(700)
          await invalidate(...given)
        },
      })
    })
    const id = await first.view.createCredential(world.account, world.input())
    await first.view.getToken(id)
    await world.clock.advance(0)
    await second.view.getToken(id)
    let revoked = false
    const revoking = first.view.revokeCredential(id).then(() => {
      revoked = true
    })
    while (!revoked) {
      await second.view.getToken(id).catch(() => undefined)
      await world.clock.advance(100)
    }
    await revoking
    await expect(second.view.getToken(id)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
  })

  test('that does not answer holds the write of a revocation up for half a second at most', async () => {
    const { world, first } = await sharing(made =>
      Object.assign(new MemoryTokenCache(made.backend), {
        invalidate: async () => {
          await made.clock.sleep(5_000)
          throw new CredentialError('STORAGE_UNAVAILABLE', 'the cache does not answer')
        },
      }),
    )
    const id = await first.view.createCredential(world.account, world.input())
    const revoking = first.view.revokeCredential(id)
    await world.clock.advance(499)
    expect((await first.store.get('acme', id))?.status).toBe('active')
    await world.clock.advance(1)
    expect((await first.store.get('acme', id))?.status).toBe('revoked')
    await world.settle(revoking)
  })

  test('that does not answer does not hold back the message of a change', async () => {
    const { world, first, second } = await sharing(made => {
      const inner = new MemoryTokenCache(made.backend)
      return Object.assign(inner, {
        invalidate: async () => {
          await made.clock.sleep(5_000)
          throw new CredentialError('STORAGE_UNAVAILABLE', 'the cache does not answer')
        },
        get: async () => undefined,
      })
    })
    const id = await first.view.createCredential(world.account, world.input())
    await second.view.getToken(id)
    const revoking = first.view.revokeCredential(id)
    await world.clock.advance(5_000)
    await expect(second.view.getToken(id)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
    await world.settle(revoking)
  })

  test.each(['revokeCredential', 'deleteCredential'] as const)(
    'holds no old token when the process of %s dies right after its write',
    async change => {
      let id = ''
      const { world, first, second } = await sharing(made => {
        const inner = new MemoryTokenCache(made.backend)
        const invalidate = inner.invalidate.bind(inner)
        const store = new MemoryStateStore(made.backend)
        return Object.assign(inner, {
          invalidation: undefined,
          invalidate: async (...given: Parameters<typeof invalidate>) => {
            const record = await store.get('acme', id)
            if (record?.status !== 'active') return new Promise<void>(() => {})
            await invalidate(...given)
          },
        })
      })
      const created = await first.view.createCredential(world.account, world.input())
      id = created
      await first.view.getToken(created)
      await world.clock.advance(0)
      await second.view.getToken(created)
      void first.view[change](created).catch(() => undefined)
      await world.clock.advance(10_001)
      await expect(second.view.getToken(created)).rejects.toMatchObject({
        code: change === 'revokeCredential' ? 'REAUTHORIZATION_REQUIRED' : 'CREDENTIAL_NOT_FOUND',
      })
    },
  )

  test('a cache that is away costs a look into the store, and learns of changes when it is back', async () => {
    let away = false
    const down = () => Promise.reject(new CredentialError('STORAGE_UNAVAILABLE', 'the cache is away'))
    const { world, first, second } = await sharing(made => {
      const inner = new MemoryTokenCache(made.backend)
      return {
        get: key => (away ? down() : inner.get(key)),
        set: (key, entry, version) => (away ? down() : inner.set(key, entry, version)),
        invalidate: (key, version, ttlMs) => (away ? down() : inner.invalidate(key, version, ttlMs)),
        close: () => inner.close(),
        invalidation: () => inner.invalidation(),
      }
    })
    const id = await first.view.createCredential(world.account, world.input())
    await first.view.getToken(id)
    await world.clock.advance(0)
    away = true
    await second.view.getToken(id)
    await first.view.updateCredential(id, { scope: { userId: 'ann' } })
    await world.clock.advance(1_000)
    away = false
    await world.clock.advance(60_000)
    await expect(second.view.getToken(id)).rejects.toMatchObject({ code: 'CREDENTIAL_NOT_FOUND' })
    await expect(second.manager.as({ ...acme, userId: 'ann' }).getToken(id)).resolves.toBeDefined()
  })

  test('after a lost subscription nothing in memory is believed', async () => {
    const gaps: (() => void)[] = []
    const { world, first, second } = await sharing(made => {
      const cache = new MemoryTokenCache(made.backend)
      const deaf: Invalidation = {
        publish: async () => {},
        subscribe: async (_onMessage, onGap) => {
          gaps.push(onGap)
          return async () => {}
        },
        close: async () => {},
      }
      return Object.assign(cache, { invalidation: () => deaf })
    })
    const id = await first.view.createCredential(world.account, world.input())
    await second.view.getToken(id)
    await first.view.revokeCredential(id)
    await expect(second.view.getToken(id)).resolves.toBeDefined()
    for (const onGap of gaps) onGap()
    await expect(second.view.getToken(id)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
  })

  test('without any messages a revoked token is refused after one L1 lifetime', async () => {
    const { world, first, second } = await sharing(made =>
      Object.assign(new MemoryTokenCache(made.backend), { invalidation: undefined }),
    )
    const id = await first.view.createCredential(world.account, world.input())
    await second.view.getToken(id)
    await first.view.revokeCredential(id)
    await world.clock.advance(10_001)
    await expect(second.view.getToken(id)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
  })

  test('and that lifetime counts from the start of a slow load', async () => {
    const { world, first, second } = await sharing(made =>
      Object.assign(new MemoryTokenCache(made.backend), { invalidation: undefined }),
    )
    const id = await first.view.createCredential(world.account, world.input())
    const get = second.store.get.bind(second.store)
    second.store.get = async (tenantId, wanted) => {
      const record = await get(tenantId, wanted)
      await world.clock.sleep(4_000)
      return record
    }
    const loading = second.view.getToken(id)
    await world.clock.advance(0)
    await first.view.revokeCredential(id)
    await world.clock.advance(4_000)
    await expect(loading).resolves.toBeDefined()
    second.store.get = get
    await world.clock.advance(5_999)
    await expect(second.view.getToken(id)).resolves.toBeDefined()
    await world.clock.advance(2)
    await expect(second.view.getToken(id)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
  })
})
