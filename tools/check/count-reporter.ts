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
    for (const test of inState('skipped')) reportSkip(test)
  }
}

function isBroken(module: TestModule): boolean {
  return !module.ok() && ![...module.children.allTests('failed')].length
}

function reportSkip(test: TestCase): void {
  const result = test.result()
  const reason = result.state === 'skipped' ? result.note : undefined
  const name = `${test.module.relativeModuleId} > ${test.fullName}`
  if (reason) {
    console.log(`Skipped: ${name}: ${reason}`)
    return
  }
  console.error(`Skipped without a reason: ${name}: call context.skip('why') instead`)
  process.exitCode = 1
}
