import { expect, test } from 'vitest'
import {
  auditSinkSuite,
  type ContractSuite,
  credentialTypeSuite,
  distributedLockSuite,
  type Harness,
  invalidationSuite,
  keyWrapperSuite,
  outboxSuite,
  runSuite,
  stateStoreSuite,
  tokenCacheSuite,
} from '../src/index.ts'
import { auditSinkMutants } from './mutants/audit-sink-mutants.ts'
import { credentialTypeMutants } from './mutants/credential-type-mutants.ts'
import { distributedLockMutants } from './mutants/distributed-lock-mutants.ts'
import { invalidationMutants } from './mutants/invalidation-mutants.ts'
import { keyWrapperMutants } from './mutants/key-wrapper-mutants.ts'
import type { Mutant } from './mutants/mutant.ts'
import { outboxMutants } from './mutants/outbox-mutants.ts'
import { readingMutants } from './mutants/state-store-reading-mutants.ts'
import { writingMutants } from './mutants/state-store-writing-mutants.ts'
import { tokenCacheMutants } from './mutants/token-cache-mutants.ts'

// That the honest implementations pass the same suites is what memory.contract.test.ts shows.
function expectCaught<H extends Harness>(suite: ContractSuite<H>, mutants: readonly Mutant<H>[]): void {
  const known = suite.groups.flatMap(group => group.cases.map(({ name }) => name))
  for (const { name, caughtBy, open } of mutants) {
    test.concurrent(`${suite.port}: "${name}" is caught by "${caughtBy}"`, async () => {
      expect(known).toContain(caughtBy)
      const red = await runSuite(suite, open, 5_000)
      expect(red.map(failure => failure.name)).toContain(caughtBy)
    })
  }
}

expectCaught(stateStoreSuite, writingMutants)
expectCaught(stateStoreSuite, readingMutants)
expectCaught(tokenCacheSuite, tokenCacheMutants)
expectCaught(distributedLockSuite, distributedLockMutants)
expectCaught(outboxSuite, outboxMutants)
expectCaught(auditSinkSuite, auditSinkMutants)
expectCaught(invalidationSuite, invalidationMutants)
expectCaught(keyWrapperSuite, keyWrapperMutants)
expectCaught(credentialTypeSuite, credentialTypeMutants)
