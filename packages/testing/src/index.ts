export type { ContractCase, ContractGroup, ContractSuite, Harness } from './contract-suite.ts'
export { fullRecord, sampleId, sampleInstant, sampleRecord } from './fixtures/sample-record.ts'
export { describeStateStore, stateStoreSuite } from './state-store/describe-state-store.ts'
export type { StateStoreHarness } from './state-store/state-store-harness.ts'
