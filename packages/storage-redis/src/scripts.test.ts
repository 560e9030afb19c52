import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { scriptModules } from '../lua/generate.ts'

const folder = new URL('../lua/', import.meta.url)

describe('scripts', () => {
  it('are generated as their files say (pnpm --filter ./packages/storage-redis generate)', () => {
    const generated = new URL('generated/', import.meta.url)
    const found = readdirSync(generated).map(file => [file, readFileSync(new URL(file, generated), 'utf8')])
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(scriptModules()))
  })

  it.each(readdirSync(folder).filter(file => file.endsWith('.lua')))('%s says what it promises', file => {
    const header = readFileSync(new URL(file, folder), 'utf8').split('\n\n')[0]
    expect(header).toMatch(/^-- [A-Z][^\n]*\.?\n/)
    expect(header).toMatch(/^-- KEYS {2}1 /m)
    expect(header).toMatch(/^-- ARGV {2}1 /m)
    expect(header).toMatch(/^-- Returns /m)
  })
})
