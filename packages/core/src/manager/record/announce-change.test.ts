import { expect, test } from 'vitest'
import { testKey, World } from '../../../test/managers.ts'
import {
  CredentialError,
  CredentialManager,
  MemoryStateStore,
  MemoryTokenCache,
  type TokenCache,
} from '../../index.ts'

test('a manager that closes in the middle of a try that fails tells the shared cache once more', async () => {
  const world = new World({ lifetimeMs: 3_600_000 })
  const inner = new MemoryTokenCache(world.backend)
  let away = false
  let tries = 0
  const cache: TokenCache = {
    get: key => inner.get(key),
    set: (...given) => inner.set(...given),
    async invalidate(...given) {
      tries++
      const isAway = away
      await world.clock.sleep(1_000)
      if (isAway) throw new CredentialError('STORAGE_UNAVAILABLE', 'no answer')
      await inner.invalidate(...given)
    },
    close: async () => {},
  }
  const manager = await CredentialManager.builder()
    .withStorage(new MemoryStateStore(world.backend))
    .withEncryption(testKey)
    .withCredentials(world.account)
    .withClock(world.clock)
    .withCache(cache)
    .build()
  const view = manager.as({ tenantId: 'acme', actor: 'worker' })
  const id = await view.createCredential(world.account, world.input())
  await view.getToken(id)
  await world.clock.advance(0)
  expect(world.backend.tokens.size).toBe(1)

  away = true
  await world.settle(view.revokeCredential(id))
  const made = tries
  while (tries === made) await world.clock.advance(10)
  away = false
  await world.settle(manager.close())
  expect(world.backend.tokens.size).toBe(0)
})
