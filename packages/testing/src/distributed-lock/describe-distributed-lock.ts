import type { ContractSuite } from '../contract-suite.ts'
import { describeSuite } from '../describe-suite.ts'
import type { DistributedLockHarness } from './distributed-lock-harness.ts'
import { exclusionCases, waitingCases } from './exclusion-cases.ts'
import { leaseCases, lockClosingCases } from './lease-cases.ts'

/** What a DistributedLock must do, as data. */
export const distributedLockSuite: ContractSuite<DistributedLockHarness> = {
  port: 'DistributedLock',
  groups: [exclusionCases, waitingCases, leaseCases, lockClosingCases],
}

export function describeDistributedLock(name: string, open: () => Promise<DistributedLockHarness>): void {
  describeSuite(name, distributedLockSuite, open)
}
