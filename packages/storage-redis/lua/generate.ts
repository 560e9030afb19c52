import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = new URL('.', import.meta.url)
const target = new URL('../src/generated/', import.meta.url)
const includeLine = /^-- include ([a-z-]+)$/gm
const commentLine = /^\s*--.*\n/gm

/** The generated modules, by file name: one per script of this folder. Run this file to write them. */
export function scriptModules(): Map<string, string> {
  const files = readdirSync(folder).filter(file => file.endsWith('.lua'))
  return new Map(files.map(file => [file.replace(/\.lua$/, '.ts'), moduleOf(file)]))
}

function moduleOf(file: string): string {
  const source = withIncludes(readFileSync(new URL(file, folder), 'utf8'))
    .replaceAll(commentLine, '')
    .replaceAll(/\n{2,}/g, '\n')
    .trim()
  const sha1 = createHash('sha1').update(source).digest('hex')
  return `// Generated from lua/${file} by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const ${nameOf(file)}: Script = {
  name: '${file}',
  sha1: '${sha1}',
  source: ${literal(source)},
}
`
}

function withIncludes(source: string): string {
  return source.replaceAll(includeLine, (_, name: string) =>
    readFileSync(new URL(`include/${name}.lua`, folder), 'utf8'),
  )
}

function nameOf(file: string): string {
  return file.replace(/\.lua$/, '').replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function literal(source: string): string {
  return `\`${source.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')}\``
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target)
  for (const [file, text] of scriptModules()) writeFileSync(new URL(file, target), text)
}
