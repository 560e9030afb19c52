import { setTimeout as wait } from 'node:timers/promises'
import type { ContractCase, ContractSuite, Harness } from './contract-suite.ts'

/** A case that an implementation did not pass. */
export interface CaseFailure {
  readonly group: string
  readonly name: string
  readonly error: unknown
}

/**
 * Runs a suite without a test runner, all cases at once, each on a harness of its own, and returns what failed.
 * A case that has not ended after `limitMs` (default 10,000) has failed.
 */
export async function runSuite<H extends Harness>(
  suite: ContractSuite<H>,
  open: () => Promise<H>,
  limitMs = 10_000,
): Promise<readonly CaseFailure[]> {
  const runs = suite.groups.flatMap(group =>
    group.cases.map(async ({ name, skip, run }): Promise<CaseFailure | undefined> => {
      try {
        await runOnce({ name, run, ...(skip && { skip }) }, open, limitMs)
        return undefined
      } catch (error) {
        return { group: group.name, name, error }
      }
    }),
  )
  return (await Promise.all(runs)).filter(failure => failure !== undefined)
}

async function runOnce<H extends Harness>(
  contractCase: ContractCase<H>,
  open: () => Promise<H>,
  limitMs: number,
): Promise<void> {
  const harness = await open()
  const ended = new AbortController()
  const limit = wait(limitMs, undefined, { signal: ended.signal }).then(() => {
    throw new Error(`the case has not ended after ${limitMs} ms`)
  })
  try {
    if (contractCase.skip?.(harness) === undefined) await Promise.race([contractCase.run(harness), limit])
  } finally {
    ended.abort()
    await limit.catch(() => {})
    await harness.cleanup?.()
  }
}
