import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryTree } from '../workspace/temporary-tree.ts'
import { isInstalled, markInstalled } from './install-stamp.mjs'
import { pinnedPnpm } from './pnpm.mjs'

describe('pinnedPnpm', () => {
  it('takes the one on PATH only if it is the pinned version', () => {
    using tree = temporaryTree({ 'package.json': '{ "packageManager": "pnpm@1.2.3" }' })
    expect(pinnedPnpm(tree.root, () => '1.2.3').command).toEqual(['pnpm'])
    expect(pinnedPnpm(tree.root, () => '1.2.4').command).toEqual(['npx', '-y', 'pnpm@1.2.3'])
    expect(pinnedPnpm(tree.root, () => undefined).command).toEqual(['npx', '-y', 'pnpm@1.2.3'])
  })
})

describe('the install stamp', () => {
  const files = {
    'package.json': '{}',
    'pnpm-lock.yaml': '',
    'pnpm-workspace.yaml': '',
    'packages/lamp/package.json': '{}',
  }

  it.each([...Object.keys(files), 'packages/new/package.json'])('is out of date when %s changes', file => {
    using tree = temporaryTree(files)
    mkdirSync(join(tree.root, 'node_modules'))
    mkdirSync(join(tree.root, 'packages/new'))
    expect(isInstalled(tree.root)).toBe(false)
    markInstalled(tree.root)
    expect(isInstalled(tree.root)).toBe(true)
    writeFileSync(join(tree.root, file), '{ "changed": true }')
    expect(isInstalled(tree.root)).toBe(false)
  })
})
