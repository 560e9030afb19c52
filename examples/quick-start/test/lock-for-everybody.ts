import { randomUUID } from 'node:crypto'
import { SqliteDistributedLock } from '@nebula-credential/storage-sqlite'

// Preloaded into every process of the quick start: a lock that everybody gets at once.
SqliteDistributedLock.prototype.acquire = async key => ({
  key,
  ownerToken: randomUUID(),
  signal: new AbortController().signal,
  async release() {},
  async [Symbol.asyncDispose]() {},
})
