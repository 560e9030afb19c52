import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryTree } from '../workspace/temporary-tree.ts'
import { snapshotProblems, updateSnapshots } from './snapshot.ts'

const manifest = JSON.stringify({
  name: '@nebula-credential/lamp',
  type: 'module',
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
})

const lamp = `
/** Gives light. */
export declare class Lamp {
  #on;
  private wire;
  /** Turns it on. */
  on(brightness: number): void;
}
`

const workspace = {
  'packages/lamp/package.json': manifest,
  'packages/lamp/dist/index.d.ts': `export { Lamp, type Watt } from './lamp.ts'\nexport declare const lamps: Lamp[];\nimport { Lamp } from './lamp.ts'\n`,
  'packages/lamp/dist/lamp.d.ts': `${lamp}export type Watt = number;\n`,
}

describe('snapshots of the public API', () => {
  it('list every export with its public declaration', () => {
    using tree = temporaryTree(workspace)
    updateSnapshots(tree.root)
    expect(readFileSync(join(tree.root, 'api/lamp.api.md'), 'utf8')).toBe(
      [
        '# @nebula-credential/lamp',
        '',
        '```ts',
        'export declare class Lamp {',
        '    on(brightness: number): void;',
        '}',
        '',
        'export type Watt = number;',
        '',
        'export declare const lamps: Lamp[];',
        '```',
        '',
      ].join('\n'),
    )
    expect(snapshotProblems(tree.root)).toEqual([])
  })

  it('list what is not exported but mentioned by what is', () => {
    using tree = temporaryTree({
      ...workspace,
      'packages/lamp/dist/index.d.ts': `export { type Lamp } from './lamp.ts'\n`,
      'packages/lamp/dist/lamp.d.ts': `type Unused = 1;\ntype Watt = Unit;\ntype Unit = 'W';\nexport type Lamp<T> = { watt: Watt; text: T };\n`,
    })
    updateSnapshots(tree.root)
    const remark = '// not exported, but part of what is\n'
    expect(readFileSync(join(tree.root, 'api/lamp.api.md'), 'utf8')).toContain(
      `};\n\n${remark}type Unit = 'W';\n\n${remark}type Watt = Unit;\n\`\`\``,
    )
  })

  it('show a changed declaration as a diff', () => {
    using tree = temporaryTree(workspace)
    updateSnapshots(tree.root)
    writeFileSync(join(tree.root, 'packages/lamp/dist/lamp.d.ts'), lamp.replace('number', 'bigint'))
    const [difference] = snapshotProblems(tree.root)
    expect(difference).toContain('-    on(brightness: number): void;')
    expect(difference).toContain('+    on(brightness: bigint): void;')
  })

  it('miss nothing: a new package and a package that is gone both differ', () => {
    using tree = temporaryTree(workspace)
    mkdirSync(join(tree.root, 'api'))
    writeFileSync(join(tree.root, 'api/gone.api.md'), '# gone\n')
    expect(snapshotProblems(tree.root)).toHaveLength(2)
  })
})
