import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  FileOutbox,
  type Lease,
  MemoryAuditBackend,
  MemoryAuditSink,
  MemoryBackend,
  MemoryDistributedLock,
  MemoryInvalidation,
  MemoryOutbox,
  MemoryStateStore,
  MemoryTokenCache,
} from '@nebula-credential/core'
import {
  describeAuditSink,
  describeCredentialType,
  describeDistributedLock,
  describeInvalidation,
  describeKeyWrapper,
  describeOutbox,
  describeStateStore,
  describeSuite,
  describeTokenCache,
  FaultyStore,
  PassThroughStore,
  stateStoreSuite,
} from '../src/index.ts'
import { openType } from './mutants/credential-type-mutants.ts'
import { openWrappers } from './mutants/key-wrapper-mutants.ts'

describeStateStore(
  'memory',
  async () => {
    const backend = new MemoryBackend()
    return { first: new MemoryStateStore(backend), second: new MemoryStateStore(backend) }
  },
  { companions: ['lock', 'outbox', 'audit', 'invalidation'] },
)

describeStateStore('memory behind a pass-through', async () => {
  const backend = new MemoryBackend()
  const open = () => new PassThroughStore(new MemoryStateStore(backend))
  return { first: open(), second: open() }
})

describeSuite('memory behind a breakable connection', stateStoreSuite, async () => {
  const backend = new MemoryBackend()
  const [first, second] = [0, 1].map(() => new FaultyStore(new MemoryStateStore(backend))) as [
    FaultyStore,
    FaultyStore,
  ]
  const breakBackend = async () => {
    for (const store of [first, second]) store.inject({ kind: 'fail' })
  }
  return { first, second, breakBackend }
})

describeTokenCache('memory', async () => {
  const backend = new MemoryBackend()
  return { first: new MemoryTokenCache(backend), second: new MemoryTokenCache(backend) }
})

describeAuditSink('memory', async () => {
  const backend = new MemoryAuditBackend()
  return { first: new MemoryAuditSink(backend), second: new MemoryAuditSink(backend) }
})

describeDistributedLock('memory', async () => {
  const backend = new MemoryBackend()
  const timing = { ttlMs: 1_000, renewEveryMs: 100 }
  const first = new MemoryDistributedLock(backend, timing)
  const second = new MemoryDistributedLock(backend, timing)
  const loseLease = async ({ key, ownerToken }: Lease) => backend.locks.release(key, ownerToken)
  return { first, second, timing, loseLease }
})

describeOutbox('memory', async () => {
  const backend = new MemoryBackend()
  return { first: new MemoryOutbox(backend), second: new MemoryOutbox(backend) }
})

describeOutbox('file', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'nebula-outbox-'))
  const directory = join(parent, 'outbox')
  const cleanup = () => rm(parent, { recursive: true })
  return { first: new FileOutbox(directory), second: new FileOutbox(directory), cleanup }
})

describeInvalidation('memory', async () => {
  const backend = new MemoryBackend()
  return { first: new MemoryInvalidation(backend), second: new MemoryInvalidation(backend) }
})

describeKeyWrapper('local', () => openWrappers())

const { definition, ...sample } = openType()
describeCredentialType(definition, sample)
