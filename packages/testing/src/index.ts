export { type AuditSinkHarness, auditSinkSuite, describeAuditSink } from './audit-sink/describe-audit-sink.ts'
export type { ContractCase, ContractGroup, ContractSuite, Harness } from './contract-suite.ts'
export type { CredentialTypeHarness } from './credential-type/credential-type-harness.ts'
export {
  type CredentialTypeSample,
  credentialTypeSuite,
  describeCredentialType,
} from './credential-type/describe-credential-type.ts'
export { describeSuite } from './describe-suite.ts'
export {
  describeDistributedLock,
  distributedLockSuite,
} from './distributed-lock/describe-distributed-lock.ts'
export type { DistributedLockHarness } from './distributed-lock/distributed-lock-harness.ts'
export { FakeClock } from './fixtures/fake-clock.ts'
export { type Fault, FaultyStore } from './fixtures/faulty-store.ts'
export { type Leak, leakScan } from './fixtures/leak-scan.ts'
export {
  type LoopbackService,
  type ServiceAnswer,
  type ServiceFault,
  type ServiceRequest,
  startLoopbackService,
} from './fixtures/loopback-service.ts'
export { PassThroughStore, type StoreMethod } from './fixtures/pass-through-store.ts'
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
export { type CaseFailure, runSuite } from './run-suite.ts'
export {
  describeStateStore,
  type StateStoreOptions,
  stateStoreSuite,
} from './state-store/describe-state-store.ts'
export type { Companion, StateStoreHarness } from './state-store/state-store-harness.ts'
export { describeTokenCache, tokenCacheSuite } from './token-cache/describe-token-cache.ts'
export type { TokenCacheHarness } from './token-cache/token-cache-harness.ts'
