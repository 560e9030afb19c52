import type { ContractSuite } from '../contract-suite.ts'
import { describeSuite } from '../describe-suite.ts'
import { cacheClosingCases } from './cache-closing-cases.ts'
import { entryCases, orderCases } from './entry-cases.ts'
import type { TokenCacheHarness } from './token-cache-harness.ts'
import { tombstoneCases } from './tombstone-cases.ts'

/** What a TokenCache must do, as data. */
export const tokenCacheSuite: ContractSuite<TokenCacheHarness> = {
  port: 'TokenCache',
  groups: [entryCases, orderCases, tombstoneCases, cacheClosingCases],
}

export function describeTokenCache(name: string, open: () => Promise<TokenCacheHarness>): void {
  describeSuite(name, tokenCacheSuite, open)
}
