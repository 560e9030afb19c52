import { describe, expect, it } from 'vitest'
import { temporaryTree } from '../workspace/temporary-tree.ts'
import { architectureProblems } from './architecture.ts'

const core = '@nebula-credential/core'
const manifest = (name: string, dependencies: Record<string, string> = {}) =>
  JSON.stringify({ name: `@nebula-credential/${name}`, dependencies })

const workspace = {
  'package.json': JSON.stringify({ name: 'root', devDependencies: { vitest: '*' } }),
  'packages/core/package.json': manifest('core', { zod: '*' }),
  'packages/core/src/index.ts': `export { open } from './manager/open.ts'\n`,
  'packages/core/src/manager/open.ts': `import { z } from 'zod'\nimport { seal } from '../encryption/seal.ts'\nexport const open = [z, seal]\n`,
  'packages/core/src/encryption/seal.ts': `import { randomBytes } from 'node:crypto'\nexport const seal = randomBytes\n`,
  'packages/outbound/package.json': manifest('outbound', { [core]: '*' }),
  'packages/outbound/src/index.ts': `import type { open } from '${core}'\nexport type Open = typeof open\n`,
}

function problemsOf(changes: Record<string, string>): string[] {
  using tree = temporaryTree({ ...workspace, ...changes })
  return architectureProblems(tree.root)
}

describe('architectureProblems', () => {
  it('accepts a tree that follows the rules', () => {
    expect(problemsOf({})).toEqual([])
  })

  it.each([
    [
      'a layer edge upwards, also for types',
      {
        'packages/core/src/secret/a.ts': `import type { Open } from '@nebula-credential/outbound'\nexport type A = Open\n`,
      },
      'packages/core/src/secret/a.ts:1 the core layer may not import outbound',
    ],
    [
      'a layer edge by dynamic import',
      { 'packages/outbound/src/b.ts': `\nexport const b = import('@nebula-credential/oauth2')\n` },
      'packages/outbound/src/b.ts:2 the transport layer may not import oauth2',
    ],
    [
      'a package without a layer',
      { 'packages/stray/package.json': manifest('stray'), 'packages/stray/src/index.ts': '' },
      'packages/stray/src/index.ts:1 package stray belongs to no layer of tools/architecture/layers.ts',
    ],
    [
      'a production import of the testing package',
      { 'packages/outbound/src/b.ts': `import '@nebula-credential/testing'\n` },
      'packages/outbound/src/b.ts:1 the transport layer may not import testing',
    ],
    [
      'a further dependency of core',
      { 'packages/core/src/clock.ts': `import 'undici'\n` },
      'packages/core/src/clock.ts:1 core may import only zod and node:*, not undici',
    ],
    [
      'an undeclared dependency',
      { 'packages/outbound/src/b.ts': `export { fetch } from 'undici/fetch'\n` },
      'packages/outbound/src/b.ts:1 undici is not declared in packages/outbound/package.json',
    ],
    [
      'a relative path into another package',
      { 'packages/outbound/src/b.ts': `import '../../core/src/index.ts'\n` },
      'packages/outbound/src/b.ts:1 ../../core/src/index.ts leaves the package',
    ],
    [
      'an import up the folder order of core',
      {
        'packages/core/src/encryption/up.ts': `import { open } from '../manager/open.ts'\nexport const up = open\n`,
      },
      'packages/core/src/encryption/up.ts:1 encryption may not import manager, which is above it',
    ],
    [
      'an import up the folder order of the manager',
      {
        'packages/core/src/manager/refresh/up.ts': `import type { Read } from '../token/read.ts'\nexport type Up = Read\n`,
        'packages/core/src/manager/token/read.ts': `export type Read = string\n`,
      },
      'packages/core/src/manager/refresh/up.ts:1 refresh may not import token, which is above it',
    ],
    [
      'a folder of core outside the order',
      { 'packages/core/src/extra/a.ts': '' },
      'packages/core/src/extra/a.ts:1 extra is not in the order of tools/architecture/core-folders.ts',
    ],
    [
      'an import cycle',
      {
        'packages/outbound/src/x.ts': `import type { Y } from './y.ts'\nexport type X = Y\n`,
        'packages/outbound/src/y.ts': `import type { X } from './x.ts'\nexport type Y = X\n`,
      },
      'packages/outbound/src/x.ts:1 import cycle: packages/outbound/src/x.ts -> packages/outbound/src/y.ts -> packages/outbound/src/x.ts',
    ],
    [
      'an import cycle outside the packages',
      {
        'tools/x/a.ts': `import type { B } from './b.ts'\nexport type A = B\n`,
        'tools/x/b.ts': `import { A } from './a.ts'\nexport type B = A\n`,
      },
      'tools/x/a.ts:1 import cycle: tools/x/a.ts -> tools/x/b.ts -> tools/x/a.ts',
    ],
    [
      'export *',
      { 'packages/outbound/src/b.ts': `export * from './index.ts'\n` },
      'packages/outbound/src/b.ts:1 list the exports by name instead of export *',
    ],
    [
      'a default export',
      { 'packages/outbound/src/b.ts': `export default class B {}\n` },
      'packages/outbound/src/b.ts:1 name the export instead of export default',
    ],
    [
      'a vague folder name',
      { 'packages/outbound/src/utils/b.ts': '' },
      'packages/outbound/src/utils/b.ts:1 utils does not say what it holds',
    ],
    [
      'a vendor name in core',
      { 'packages/core/src/errors.ts': `\n// as GitHub does\n` },
      'packages/core/src/errors.ts:2 core may not know GitHub',
    ],
    [
      'a file of more than 400 lines',
      { 'packages/outbound/src/long.ts': '//\n'.repeat(401) },
      'packages/outbound/src/long.ts:400 401 lines are more than 400: split the file by idea',
    ],
  ])('reports %s', (_what, changes, problem) => {
    expect(problemsOf(changes)).toContain(problem)
  })

  it('lets tests import the testing package, storage-sqlite and what the root declares', () => {
    const test = `import '@nebula-credential/testing'\nimport '@nebula-credential/storage-sqlite'\nimport 'vitest'\n`
    const devDependencies = { '@nebula-credential/testing': '*', '@nebula-credential/storage-sqlite': '*' }
    const manifestWithTests = JSON.stringify({ name: core, dependencies: { zod: '*' }, devDependencies })
    expect(
      problemsOf({
        'packages/core/package.json': manifestWithTests,
        'packages/core/src/secret/a.test.ts': `${test}import '../manager/open.ts'\n`,
        'packages/core/test/b.ts': test,
      }),
    ).toEqual([])
  })

  it('lets tests alone take real servers from tools/services', () => {
    const file = `import '../../../tools/services/redis-server.ts'\n`
    expect(problemsOf({ 'packages/outbound/src/a.test.ts': file })).toEqual([])
    expect(problemsOf({ 'packages/outbound/src/a.ts': file })).toEqual([
      'packages/outbound/src/a.ts:1 ../../../tools/services/redis-server.ts leaves the package',
    ])
  })

  it('finds ordinary words that contain a vendor name innocent', () => {
    expect(problemsOf({ 'packages/core/src/clock.ts': '// draws, laws and flaws\n' })).toEqual([])
  })
})
