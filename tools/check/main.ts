import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { repositoryRoot } from '../workspace/root.ts'
import { type Part, runParts } from './part.ts'
import { formatTestCount, type TestCount, testCountFile } from './test-count.ts'

const parts: Part[] = [
  { name: 'Format and lint', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'Types', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'Architecture', command: ['node', 'tools/architecture/main.ts'] },
  { name: 'Documentation', command: ['node', 'tools/docs-check/main.ts'] },
  { name: 'Build', command: ['nx', 'run-many', '-t', 'build'] },
  { name: 'Public API', command: ['node', 'tools/api-snapshot/main.ts'], needs: 'Build' },
  { name: 'Packages', command: ['node', 'tools/package-check/main.ts'], needs: 'Build' },
  // On all cores: by default one is left out, and of two that is half of them.
  {
    name: 'Tests',
    command: ['vitest', 'run', '--config', 'tools/check/vitest.config.ts', '--maxWorkers', '100%'],
  },
]

mkdirSync(dirname(testCountFile), { recursive: true })
rmSync(testCountFile, { force: true })
const failed = runParts(parts, repositoryRoot)
const none: TestCount = { passed: 0, failed: 0, skipped: 0 }
const count: TestCount = existsSync(testCountFile) ? JSON.parse(readFileSync(testCountFile, 'utf8')) : none

console.log(failed.length > 0 ? `\nDid not pass: ${failed.join(', ')}` : '\nEvery part passed')
console.log(formatTestCount(count))
if (failed.length > 0) process.exitCode = 1
