import { expect, test } from 'vitest'
import type { ContractSuite } from '../contract-suite.ts'
import { describeSuite } from '../describe-suite.ts'
import { auditedWriteCases } from './audited-write-cases.ts'
import { closingCases, unreachableCases } from './closing-cases.ts'
import { companionSuites, declares } from './companion-cases.ts'
import { createCases } from './create-cases.ts'
import { deleteCases } from './delete-cases.ts'
import { headerCases } from './header-cases.ts'
import { hostileValueCases } from './hostile-value-cases.ts'
import { listCases } from './list-cases.ts'
import { metadataCases } from './metadata-cases.ts'
import { pagingCases } from './paging-cases.ts'
import { replaceCases } from './replace-cases.ts'
import { roundTripCases } from './round-trip-cases.ts'
import type { Companion, StateStoreHarness } from './state-store-harness.ts'

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
    auditedWriteCases,
    closingCases,
    unreachableCases,
  ],
}

/** What describeStateStore may be told besides the harness. */
export interface StateStoreOptions {
  /** The companions that the store must declare, no more and no less. Default: whatever it declares. */
  readonly companions?: readonly Companion[] | undefined
}

/**
 * Registers the tests of a store and of every companion it declares; what it does not declare is reported as skipped.
 * `open` is called for every test and must give two stores on one fresh backend.
 */
export function describeStateStore(
  name: string,
  open: () => Promise<StateStoreHarness>,
  options: StateStoreOptions = {},
): void {
  describeSuite(name, stateStoreSuite, open)
  for (const { suite } of companionSuites) describeSuite(name, suite, open)
  const { companions } = options
  if (companions === undefined) return
  test(`${name} declares ${companions.join(', ') || 'no companion'}`, async () => {
    const harness = await open()
    const declared = companionSuites.filter(({ companion }) => declares(harness.first, companion))
    await harness.cleanup?.()
    expect(declared.map(({ companion }) => companion).sort()).toEqual([...companions].sort())
  })
}
