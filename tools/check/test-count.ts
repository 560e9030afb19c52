import { join } from 'node:path'
import { repositoryRoot } from '../workspace/root.ts'

/** How many tests ended how; a file that could not run counts as one failed test. */
export type TestCount = { passed: number; failed: number; skipped: number }

/** Where the test run leaves its count for the command that started it. */
export const testCountFile = join(repositoryRoot, 'node_modules/.cache/check/test-count.json')

/** The last line of the test command. */
export function formatTestCount({ passed, failed, skipped }: TestCount): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
