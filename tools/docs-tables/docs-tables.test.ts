import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repositoryRoot } from '../workspace/root.ts'
import { temporaryTree } from '../workspace/temporary-tree.ts'
import { tableProblems, updateTables } from './docs-tables.ts'
import { memberComments } from './member-comments.ts'
import { nodeTables } from './node-tables.ts'
import { generatedTables } from './tables.ts'

const tables = { lamps: '| lamp |\n| --- |\n| desk |' }
const place = (content: string) => `# Lamps\n\n<!-- generated: lamps -->${content}<!-- end of lamps -->\n`

describe('the generated tables', () => {
  it('are up to date in this repository', async () => {
    expect(tableProblems(repositoryRoot, await generatedTables())).toEqual([])
  })

  it('are reported when they are out of date, and then written', () => {
    using tree = temporaryTree({ 'docs/lamps.md': place('\n| lamp |\n| --- |\n| torch |\n') })
    expect(tableProblems(tree.root, tables)).toEqual([
      'docs/lamps.md: a generated table is out of date; run: npm run docs:update',
    ])
    updateTables(tree.root, tables)
    expect(tableProblems(tree.root, tables)).toEqual([])
    expect(readFileSync(join(tree.root, 'docs/lamps.md'), 'utf8')).toBe(place(`\n\n${tables.lamps}\n\n`))
  })

  it('are reported when no document shows them', () => {
    using tree = temporaryTree({ 'README.md': '# Lamps\n' })
    expect(tableProblems(tree.root, tables)).toEqual([
      'No document under docs/ shows the generated table "lamps"',
    ])
  })

  it('refuse a place that is unknown, or that does not end', () => {
    using unknown = temporaryTree({ 'README.md': place('\n').replaceAll('lamps', 'chairs') })
    expect(() => tableProblems(unknown.root, tables)).toThrow('There is no generated table "chairs"')
    using endless = temporaryTree({ 'README.md': '<!-- generated: lamps -->\ntext\n' })
    expect(() => tableProblems(endless.root, tables)).toThrow('has no <!-- end of lamps -->')
  })
})

describe('nodeTables', () => {
  it('tells what node packages export, and nothing of other packages', async () => {
    const definition = `{ type: 'lamp', token: { kind: 'bearer' }, initialize() {}, verify() {}, refresh: { rotating: true } }`
    using tree = temporaryTree({
      'packages/node-lamp/package.json': '{ "name": "@nebula-credential/node-lamp" }',
      'packages/node-lamp/src/index.ts': `
        export const lampKey = ${definition}
        export const lampClient = { name: 'lampClient', kind: 'bearer', live: true, authenticate() {} }
        export const turnOn = { name: 'lamp.turn_on', credentials: { lamp: { types: [lampKey] } }, run() {} }
        export const version = 1
        export { type Shade, lampFetch } from './authenticator/lamp-fetch.ts'`,
      'packages/node-lamp/src/authenticator/lamp-fetch.ts': 'export const lampFetch = () => ({})',
      'packages/lamp/package.json': '{ "name": "@nebula-credential/lamp" }',
      'packages/lamp/src/index.ts': `export const other = ${definition}`,
    })
    const tables = await nodeTables(tree.root)
    const lastLines = Object.entries(tables).map(([name, table]) => [
      name,
      table
        .split('\n')
        .slice(2)
        .map(line => line.replaceAll(/ +/g, ' ')),
    ])
    expect(Object.fromEntries(lastLines)).toEqual({
      'node-credential-types': ['| `node-lamp` | `lampKey` | bearer | no | yes, rotating | no | yes | no |'],
      'node-authenticators': [
        '| `node-lamp` | `lampClient` | bearer | yes |',
        '| `node-lamp` | `lampFetch(options)` | by options | by options |',
      ],
      'node-actions': ['| `node-lamp` | `turnOn` | lamp: `lamp` | no |'],
    })
  })
})

describe('memberComments', () => {
  it('reads interfaces and constant objects', () => {
    const source = `
      interface Lamp {
        /** How bright,
         * in watt. Default 60. */
        readonly watt: number
      }
      export const lamps = {
        /** For work. */
        desk: { watt: 40 },
      } as const satisfies Record<string, Lamp>`
    expect([...memberComments(source, 'Lamp')]).toEqual([['watt', 'How bright, in watt. Default 60.']])
    expect([...memberComments(source, 'lamps')]).toEqual([['desk', 'For work.']])
    expect(() => memberComments(source, 'Chair')).toThrow('There is no interface or object Chair')
  })
})
