export { type AuditSinkHarness, auditSinkSuite, describeAuditSink } from './audit-sink/describe-audit-sink.ts'
export type { ContractCase, ContractGroup, ContractSuite, Harness } from './contract-suite.ts'
export {
  describeDistributedLock,
  distributedLockSuite,
} from './distributed-lock/describe-distributed-lock.ts'
export type { DistributedLockHarness } from './distributed-lock/distributed-lock-harness.ts'
export { fullRecord, sampleId, sampleInstant, sampleRecord } from './fixtures/sample-record.ts'
export {
  describeInvalidation,
  type InvalidationHarness,
  invalidationSuite,
} from './invalidation/describe-invalidation.ts'
export {
  describeKeyWrapper,
  type KeyWrapperHarness,
  keyWrapperSuite,
} from './key-wrapper/describe-key-wrapper.ts'
export { describeOutbox, type OutboxHarness, outboxSuite } from './outbox/describe-outbox.ts'
export { describeStateStore, stateStoreSuite } from './state-store/describe-state-store.ts'
export type { StateStoreHarness } from './state-store/state-store-harness.ts'
export { describeTokenCache, tokenCacheSuite } from './token-cache/describe-token-cache.ts'
export type { TokenCacheHarness } from './token-cache/token-cache-harness.ts'
