import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  describeAuditSink,
  describeDistributedLock,
  describeInvalidation,
  describeOutbox,
  describeStateStore,
  describeTokenCache,
  FakeClock,
} from '@nebula-credential/testing'
import { MemoryAuditBackend, MemoryAuditSink } from '../audit/memory-audit-sink.ts'
import type { Lease } from './distributed-lock.ts'
import { FileOutbox } from './file-outbox.ts'
import { MemoryBackend } from './memory-backend.ts'
import { MemoryDistributedLock } from './memory-distributed-lock.ts'
import { MemoryInvalidation } from './memory-invalidation.ts'
import { MemoryOutbox } from './memory-outbox.ts'
import { MemoryStateStore } from './memory-state-store.ts'
import { MemoryTokenCache } from './memory-token-cache.ts'

describeStateStore(
  'memory',
  async () => {
    const backend = new MemoryBackend()
    return { first: new MemoryStateStore(backend), second: new MemoryStateStore(backend) }
  },
  { companions: ['lock', 'outbox', 'audit', 'invalidation'] },
)

describeTokenCache('memory', async () => {
  const clock = new FakeClock()
  const backend = new MemoryBackend({ clock })
  return {
    ...{ first: new MemoryTokenCache(backend), second: new MemoryTokenCache(backend) },
    ...{ now: () => clock.now(), elapse: ms => clock.advance(ms) },
  }
})

describeDistributedLock('memory', async () => {
  const backend = new MemoryBackend()
  const timing = { ttlMs: 1_000, renewEveryMs: 100 }
  return {
    first: new MemoryDistributedLock(backend, timing),
    second: new MemoryDistributedLock(backend, timing),
    timing,
    loseLease: async ({ key, ownerToken }: Lease) => backend.locks.release(key, ownerToken),
  }
})

describeOutbox('memory', async () => {
  const backend = new MemoryBackend()
  return { first: new MemoryOutbox(backend), second: new MemoryOutbox(backend) }
})

describeOutbox('file', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'nebula-outbox-'))
  const directory = join(parent, 'nested', 'outbox')
  return {
    first: new FileOutbox(directory),
    second: new FileOutbox(directory),
    cleanup: () => rm(parent, { recursive: true }),
  }
})

describeAuditSink('memory', async () => {
  const backend = new MemoryAuditBackend()
  return { first: new MemoryAuditSink(backend), second: new MemoryAuditSink(backend) }
})

describeInvalidation('memory', async () => {
  const backend = new MemoryBackend()
  return { first: new MemoryInvalidation(backend), second: new MemoryInvalidation(backend) }
})
