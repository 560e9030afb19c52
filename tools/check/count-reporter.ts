import { writeFileSync } from 'node:fs'
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node'
import type { TestCount } from './test-count.ts'

/** Vitest reporter that writes the test count to a file and fails the run when a test is skipped without a reason. */
export class CountReporter implements Reporter {
  readonly #file: string

  constructor(options: { file: string }) {
    this.#file = options.file
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const tests = modules.flatMap(module => [...module.children.allTests()])
    const inState = (state: string) => tests.filter(test => test.result().state === state)
    const broken = modules.filter(module => isBroken(module))
    const count: TestCount = {
      passed: inState('passed').length,
      failed: inState('failed').length + broken.length + unhandledErrors.length,
      skipped: inState('skipped').length + inState('pending').length,
    }
    writeFileSync(this.#file, JSON.stringify(count))
    reportSkips(inState('skipped'))
  }
}

function isBroken(module: TestModule): boolean {
  return !module.ok() && ![...module.children.allTests('failed')].length
}

/** One line for all tests of a file that were skipped for the same reason. */
function reportSkips(tests: readonly TestCase[]): void {
  const unexplained = tests.filter(test => reasonOf(test) === undefined)
  for (const { module, fullName } of unexplained) {
    console.error(
      `Skipped without a reason: ${module.relativeModuleId} > ${fullName}: call context.skip('why') instead`,
    )
    process.exitCode = 1
  }
  const explained = tests.filter(test => reasonOf(test) !== undefined)
  const byReason = Map.groupBy(explained, test => `${test.module.relativeModuleId}: ${reasonOf(test)}`)
  for (const [reason, { length }] of byReason) console.log(`Skipped: ${length} in ${reason}`)
}

function reasonOf(test: TestCase): string | undefined {
  const result = test.result()
  return result.state === 'skipped' ? result.note || undefined : undefined
}
