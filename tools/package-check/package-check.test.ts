import { describe, expect, it } from 'vitest'
import { temporaryTree } from '../workspace/temporary-tree.ts'
import { packageProblems } from './package-check.ts'

const manifest = {
  name: '@nebula-credential/lamp',
  version: '1.0.0',
  license: 'MIT',
  type: 'module',
  files: ['dist'],
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
}

const lamp = {
  'package.json': '{ "private": true }',
  'pnpm-workspace.yaml': 'packages: [packages/*]\n',
  'packages/lamp/package.json': JSON.stringify(manifest),
  'packages/lamp/README.md': '# Lamp\n',
  'packages/lamp/LICENSE': 'MIT\n',
  'packages/lamp/dist/index.js': 'export const watt = 60\n',
  'packages/lamp/dist/index.d.ts': 'export declare const watt: number;\n',
}

async function problemsOf(changes: Record<string, string>): Promise<string> {
  using tree = temporaryTree({ ...lamp, ...changes })
  return (await packageProblems(tree.root)).join('\n')
}

describe('packageProblems', () => {
  it('accepts a sound package', async () => {
    expect(await problemsOf({})).toBe('')
  })

  it('reports published exports that point to sources', async () => {
    const exports = { '.': { '@nebula-credential/source': './src/index.ts', ...manifest.exports['.'] } }
    const changed = { 'packages/lamp/package.json': JSON.stringify({ ...manifest, exports }) }
    expect(await problemsOf(changed)).toContain(
      '@nebula-credential/lamp: the published exports point to sources',
    )
  })

  it('reports an entry point that does not exist', async () => {
    const exports = { '.': { types: './dist/index.d.ts', default: './dist/main.js' } }
    const changed = { 'packages/lamp/package.json': JSON.stringify({ ...manifest, exports }) }
    const problems = await problemsOf(changed)
    expect(problems).toContain('@nebula-credential/lamp: publint: ')
    expect(problems).toContain('@nebula-credential/lamp does not load: ')
  })

  it('reports declarations that TypeScript 5.9 cannot compile', async () => {
    const changed = { 'packages/lamp/dist/index.d.ts': 'export declare const watt: Watt;\n' }
    expect(await problemsOf(changed)).toContain(`error TS2304: Cannot find name 'Watt'`)
  })

  it('reports a missing README', async () => {
    using tree = temporaryTree({
      ...lamp,
      'packages/dark/package.json': JSON.stringify({ ...manifest, name: 'dark' }),
    })
    expect((await packageProblems(tree.root)).join('\n')).toContain('dark: the tarball has no README.md')
  })
})
