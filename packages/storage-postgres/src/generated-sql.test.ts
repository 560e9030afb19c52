import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sqlModules } from '../sql/generate.ts'

const folder = new URL('../sql/statement/', import.meta.url)

describe('statements and migrations', () => {
  it('are generated as their files say (pnpm --filter ./packages/storage-postgres generate)', () => {
    const generated = new URL('generated/', import.meta.url)
    const found = readdirSync(generated).map(file => [file, readFileSync(new URL(file, generated), 'utf8')])
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(sqlModules()))
  })

  it.each(readdirSync(folder).filter(file => file.endsWith('.sql')))('%s says what it promises', file => {
    const [header = '', ...statement] = readFileSync(new URL(file, folder), 'utf8').split('\n\n')
    expect(header).toMatch(/^-- [A-Z][^\n]*\.?\n/)
    if (statement.join().includes('$')) expect(header).toMatch(/^-- \$1 /m)
    expect(header).toMatch(/^-- (Returns|Changes no row) /m)
  })
})
