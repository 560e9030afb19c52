export { SqliteAuditSink } from './audit-sink.ts'
export { SqliteDistributedLock, type SqliteLockOptions } from './distributed-lock.ts'
export type { SqliteOptions } from './options.ts'
export { SqliteStateStore } from './state-store.ts'
