import { describe, type TestContext, test } from 'vitest'
import type { ContractCase, ContractSuite, Harness } from './contract-suite.ts'

/** Registers one vitest test per case; `open` is called for each of them. */
export function describeSuite<H extends Harness>(
  name: string,
  suite: ContractSuite<H>,
  open: () => Promise<H>,
): void {
  describe(`${name}: ${suite.port}`, () => {
    for (const group of suite.groups) {
      describe(group.name, () => {
        for (const contractCase of group.cases) {
          test(contractCase.name, async context => runCase(contractCase, await open(), context))
        }
      })
    }
  })
}

/** Runs one case within a vitest test, and cleans up behind it. */
export async function runCase<H extends Harness>(
  contractCase: ContractCase<H>,
  harness: H,
  context: TestContext,
): Promise<void> {
  try {
    const reason = contractCase.skip?.(harness)
    if (reason !== undefined) context.skip(reason)
    await contractCase.run(harness)
  } finally {
    await harness.cleanup?.()
  }
}
