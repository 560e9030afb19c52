import { FakeClock, sampleRecord } from '@nebula-credential/testing'
import { expect, test } from 'vitest'
import { MemoryBackend } from './memory-backend.ts'
import { MemoryTokenCache } from './memory-token-cache.ts'
import type { CachedToken } from './token-cache.ts'

function cacheOf(maxEntries: number) {
  const clock = new FakeClock()
  const backend = new MemoryBackend({ clock })
  const entry: CachedToken = {
    fields: sampleRecord(),
    sealed: Uint8Array.of(1),
    expiresAt: clock.now() + 3_600_000,
  }
  return { clock, backend, entry, cache: new MemoryTokenCache(backend, { maxEntries }) }
}

test('keeps no more than maxEntries, and drops the least recently used first', async () => {
  const { cache, entry, backend } = cacheOf(3)
  for (const key of ['a', 'b', 'c']) await cache.set(key, entry, 1)
  await cache.get('a')
  await cache.set('d', entry, 1)
  expect([...backend.tokens.keys()].sort()).toEqual(['a', 'c', 'd'])
})

test('tombstones outlive the bound, and leave with their time', async () => {
  const { cache, entry, backend, clock } = cacheOf(1)
  for (let n = 0; n < 100; n++) await cache.invalidate(`key ${n}`, 5, 1_000)
  for (let n = 0; n < 100; n++) expect(await cache.set(`key ${n}`, entry, 4)).toBe(false)
  await clock.advance(1_001)
  await cache.invalidate('another', 5, 1_000)
  expect(backend.tombstones.size).toBe(1)
})
