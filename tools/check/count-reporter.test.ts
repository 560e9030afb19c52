import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repositoryRoot } from '../workspace/root.ts'
import { temporaryTree } from '../workspace/temporary-tree.ts'

const config = `
import { CountReporter } from '${join(import.meta.dirname, 'count-reporter.ts')}'
export default { test: { exclude: [], include: ['*.test.ts'], reporters: [new CountReporter({ file: 'count.json' })] } }
`

function runTests(files: Record<string, string>) {
  // Below the repository, so that the tests find vitest.
  const parent = join(repositoryRoot, 'node_modules/.cache')
  using tree = temporaryTree(
    { ...files, 'package.json': '{ "type": "module" }', 'vitest.config.ts': config },
    parent,
  )
  const vitest = join(repositoryRoot, 'node_modules/.bin/vitest')
  const { status, stdout, stderr } = spawnSync(vitest, ['run'], { cwd: tree.root, encoding: 'utf8' })
  return {
    status,
    output: stdout + stderr,
    count: JSON.parse(readFileSync(join(tree.root, 'count.json'), 'utf8')),
  }
}

describe('CountReporter', () => {
  it('counts passed and skipped tests and prints why a test was skipped', () => {
    const { status, output, count } = runTests({
      'a.test.ts': `import { it } from 'vitest'
        it('passes', () => {})
        it('waits', context => context.skip('no server here'))
        it('waits too', context => context.skip('no server here'))`,
    })
    expect(count).toEqual({ passed: 1, failed: 0, skipped: 2 })
    expect(output).toContain('Skipped: 2 in a.test.ts: no server here')
    expect(status).toBe(0)
  })

  it('fails the run when a test is skipped without a reason', () => {
    const { status, output } = runTests({
      'a.test.ts': `import { it } from 'vitest'
        it('passes', () => {})
        it.skip('hides', () => {})`,
    })
    expect(output).toContain('Skipped without a reason: a.test.ts > hides')
    expect(status).toBe(1)
  })

  it('counts a failed test and a file that does not load', () => {
    const { status, count } = runTests({
      'a.test.ts': `import { it } from 'vitest'
        it('passes', () => {})
        it('fails', () => { throw new Error('as it should') })`,
      'b.test.ts': `import './absent.ts'`,
    })
    expect(count).toEqual({ passed: 1, failed: 2, skipped: 0 })
    expect(status).toBe(1)
  })
})
