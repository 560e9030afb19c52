import type { ContractSuite } from '../contract-suite.ts'
import { describeSuite } from '../describe-suite.ts'
import { closingCases, unreachableCases } from './closing-cases.ts'
import { createCases } from './create-cases.ts'
import { deleteCases } from './delete-cases.ts'
import { headerCases } from './header-cases.ts'
import { hostileValueCases } from './hostile-value-cases.ts'
import { listCases } from './list-cases.ts'
import { metadataCases } from './metadata-cases.ts'
import { pagingCases } from './paging-cases.ts'
import { replaceCases } from './replace-cases.ts'
import { roundTripCases } from './round-trip-cases.ts'
import type { StateStoreHarness } from './state-store-harness.ts'

/** What a StateStore must do, as data. */
export const stateStoreSuite: ContractSuite<StateStoreHarness> = {
  port: 'StateStore',
  groups: [
    headerCases,
    createCases,
    replaceCases,
    metadataCases,
    deleteCases,
    roundTripCases,
    listCases,
    pagingCases,
    hostileValueCases,
    closingCases,
    unreachableCases,
  ],
}

export function describeStateStore(name: string, open: () => Promise<StateStoreHarness>): void {
  describeSuite(name, stateStoreSuite, open)
}
