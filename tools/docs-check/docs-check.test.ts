import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repositoryRoot } from '../workspace/root.ts'
import { temporaryTree } from '../workspace/temporary-tree.ts'
import { docsProblems } from './docs-check.ts'

const block = (code: string, before = '') => `Some words.\n\n${before}\`\`\`ts\n${code}\n\`\`\`\n`

function problemsOf(documents: Record<string, string>): string[] {
  using tree = temporaryTree({
    'tsconfig.base.json': readFileSync(join(repositoryRoot, 'tsconfig.base.json'), 'utf8'),
    'packages/lamp/package.json': '{ "type": "module" }',
    'packages/lamp/src/index.ts': 'export const light = (watt: number): string => String(watt)\n',
    ...documents,
  })
  return docsProblems(tree.root)
}

describe('docsProblems', () => {
  it('accepts blocks that compile against the sources', () => {
    const code = `import { light } from '@nebula-credential/lamp'\nconst text: string = light(await Promise.resolve(1))`
    expect(problemsOf({ 'README.md': block(code), 'docs/a.md': block(code) })).toEqual([])
  })

  it('reports an error at its line in the document', () => {
    const code = `import { light } from '@nebula-credential/lamp'\nlight('bright')`
    expect(problemsOf({ 'packages/lamp/README.md': block(code) })).toEqual([
      expect.stringMatching(/^packages\/lamp\/README\.md:5 error TS2345: /),
    ])
  })

  it('gives each block its own names, unless it continues the one before', () => {
    const first = block(`const watt = 60`)
    expect(problemsOf({ 'README.md': first + block('console.log(watt)') })).toHaveLength(1)
    expect(problemsOf({ 'README.md': first + block('console.log(watt)', '<!-- continues -->\n') })).toEqual(
      [],
    )
  })

  it('refuses a continuation of nothing', () => {
    expect(problemsOf({ 'README.md': block('const a = 1', '<!-- continues -->\n') })).toEqual([
      'README.md:4 there is no block before this one that it could continue',
    ])
  })

  it('lets only what is not TypeScript go unchecked', () => {
    const mark = '<!-- no-check: a sketch -->\n'
    expect(problemsOf({ 'README.md': block('light(watt) -> text', mark) })).toEqual([])
    expect(problemsOf({ 'README.md': block('light(1)', mark) })).toEqual([
      'README.md:4 the block is TypeScript, so it must be checked: remove no-check',
    ])
  })

  it('checks the examples in doc comments', () => {
    const source = (call: string) =>
      `/**\n * Doubles.\n *\n * @example\n * \`\`\`ts\n * import { double } from '@nebula-credential/lamp'\n * ${call}\n * \`\`\`\n */\nexport const double = (n: number): number => 2 * n\n`
    expect(problemsOf({ 'packages/lamp/src/index.ts': source('double(1)') })).toEqual([])
    expect(problemsOf({ 'packages/lamp/src/index.ts': source(`double('1')`) })).toEqual([
      expect.stringMatching(/^packages\/lamp\/src\/index\.ts:7 error TS2345: /),
    ])
  })

  it('leaves other languages alone', () => {
    expect(problemsOf({ 'README.md': '```sh\nnpm start\n```\n' })).toEqual([])
  })
})
