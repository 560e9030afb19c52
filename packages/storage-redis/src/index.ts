export { RedisDistributedLock } from './distributed-lock.ts'
export { RedisInvalidation } from './invalidation.ts'
export type {
  RedisClient,
  RedisLockOptions,
  RedisOptions,
  RedisStoreOptions,
  ReplicaWait,
} from './options.ts'
export { RedisOutbox, type RedisOutboxOptions } from './outbox.ts'
export { RedlockQuorumLock } from './redlock-quorum-lock.ts'
export { RedisStateStore } from './state-store.ts'
export { RedisTokenCache } from './token-cache.ts'
