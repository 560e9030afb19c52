import type { ContractSuite } from '../contract-suite.ts'
import { describeSuite } from '../describe-suite.ts'
import { cacheClosingCases, entryCases, orderCases, tombstoneCases } from './token-cache-cases.ts'
import type { TokenCacheHarness } from './token-cache-harness.ts'

/** What a TokenCache must do, as data. */
export const tokenCacheSuite: ContractSuite<TokenCacheHarness> = {
  port: 'TokenCache',
  groups: [entryCases, orderCases, tombstoneCases, cacheClosingCases],
}

export function describeTokenCache(name: string, open: () => Promise<TokenCacheHarness>): void {
  describeSuite(name, tokenCacheSuite, open)
}
