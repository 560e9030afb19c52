import { type CachedToken, MemoryBackend, MemoryTokenCache } from '@nebula-credential/core'
import type { TokenCacheHarness } from '../../src/index.ts'
import type { Mutant } from './mutant.ts'

type Breaking = (backend: MemoryBackend) => MemoryTokenCache

function mutant(name: string, caughtBy: string, make: Breaking): Mutant<TokenCacheHarness> {
  const open = async () => {
    const backend = new MemoryBackend()
    return { first: make(backend), second: make(backend) }
  }
  return { name, caughtBy, open }
}

const hour = 3_600_000

function invalidating(
  name: string,
  caughtBy: string,
  spoil: (version: number, ttlMs: number) => readonly [version: number, ttlMs: number],
) {
  return mutant(
    name,
    caughtBy,
    backend =>
      new (class extends MemoryTokenCache {
        override invalidate(key: string, version: number, ttlMs: number) {
          return super.invalidate(key, ...spoil(version, ttlMs))
        }
      })(backend),
  )
}

function setting(
  name: string,
  caughtBy: string,
  spoil: (entry: CachedToken, version: number) => readonly [entry: CachedToken, version: number],
) {
  return mutant(
    name,
    caughtBy,
    backend =>
      new (class extends MemoryTokenCache {
        override set(key: string, entry: CachedToken, version: number) {
          return super.set(key, ...spoil(entry, version))
        }
      })(backend),
  )
}

export const tokenCacheMutants: readonly Mutant<TokenCacheHarness>[] = [
  mutant(
    'an invalidation only deletes',
    'a late set below the tombstone loses, with or without an entry before',
    backend =>
      new (class extends MemoryTokenCache {
        override async invalidate(key: string, version: number) {
          if ((backend.tokens.get(key)?.version ?? version) < version) backend.tokens.delete(key)
        }
      })(backend),
  ),
  mutant(
    'an invalidation deletes newer entries too',
    'an entry of the invalidation’s version or above stays',
    backend =>
      new (class extends MemoryTokenCache {
        override async invalidate(key: string, version: number, ttlMs: number) {
          await super.invalidate(key, version, ttlMs)
          backend.tokens.delete(key)
        }
      })(backend),
  ),
  mutant(
    'a later invalidation overwrites the tombstone',
    'a lower invalidation never lowers a tombstone',
    backend =>
      new (class extends MemoryTokenCache {
        override async invalidate(key: string, version: number, ttlMs: number) {
          backend.tombstones.delete(key)
          await super.invalidate(key, version, ttlMs)
        }
      })(backend),
  ),
  mutant(
    'a winning entry removes the tombstone',
    'a tombstone goes on standing behind an entry that won',
    backend =>
      new (class extends MemoryTokenCache {
        override async set(key: string, entry: CachedToken, version: number) {
          const won = await super.set(key, entry, version)
          if (won) backend.tombstones.delete(key)
          return won
        }
      })(backend),
  ),
  invalidating(
    'a tombstone never leaves',
    'a tombstone leaves after its ttl, not before',
    version => [version, hour] as const,
  ),
  invalidating(
    'a tombstone’s ttl is taken for seconds',
    'a tombstone leaves after its ttl, not before',
    (version, ttlMs) => [version, ttlMs * 1_000] as const,
  ),
  invalidating(
    'a tombstone leaves 1,000 times too early',
    'a tombstone leaves after its ttl, not before',
    (version, ttlMs) => [version, Math.trunc(ttlMs / 1_000)] as const,
  ),
  mutant(
    'an older version wins',
    'a lower version loses and changes nothing',
    backend =>
      new (class extends MemoryTokenCache {
        override async set(key: string, entry: CachedToken, version: number) {
          backend.tokens.delete(key)
          return super.set(key, entry, version)
        }
      })(backend),
  ),
  mutant(
    'the same version loses',
    'the same version replaces',
    backend =>
      new (class extends MemoryTokenCache {
        override async set(key: string, entry: CachedToken, version: number) {
          return backend.tokens.get(key)?.version === version ? false : super.set(key, entry, version)
        }
      })(backend),
  ),
  mutant(
    'a set that lost says it won',
    'a lower version loses and changes nothing',
    backend =>
      new (class extends MemoryTokenCache {
        override async set(key: string, entry: CachedToken, version: number) {
          await super.set(key, entry, version)
          return true
        }
      })(backend),
  ),
  mutant(
    'a set checks before it waits',
    'racing sets of two instances end with the highest version',
    backend =>
      new (class extends MemoryTokenCache {
        override async set(key: string, entry: CachedToken, version: number) {
          if ((backend.tokens.get(key)?.version ?? 0) > version) return false
          await Promise.resolve()
          backend.tokens.set(key, { entry, version })
          return true
        }
      })(backend),
  ),
  setting(
    'an expiry is off by 1,000',
    'an entry is forgotten at its absolute expiry, not before',
    (entry, version) => [{ ...entry, expiresAt: entry.expiresAt * 1_000 }, version] as const,
  ),
  setting(
    'an expiry is relative',
    'what was set is seen by both instances, field by field and byte by byte',
    (entry, version) => [{ ...entry, expiresAt: Date.now() + entry.expiresAt }, version] as const,
  ),
  mutant(
    'keys are compared without case',
    'keys are told apart exactly',
    backend =>
      new (class extends MemoryTokenCache {
        override get(key: string) {
          return super.get(key.toLowerCase())
        }
        override set(key: string, entry: CachedToken, version: number) {
          return super.set(key.toLowerCase(), entry, version)
        }
      })(backend),
  ),
  mutant(
    'an instance sees only what it set itself',
    'what was set is seen by both instances, field by field and byte by byte',
    () => new MemoryTokenCache(),
  ),
]
