import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type EmbeddedSource, embeddedSources, literal } from '../../../tools/build/embedded-source.ts'

const folder = new URL('.', import.meta.url)
const target = new URL('../src/generated/', import.meta.url)

/** The generated modules, by file name: one per script of this folder. Run this file to write them. */
export function scriptModules(): Map<string, string> {
  const scripts = embeddedSources(folder, '.lua')
  return new Map(scripts.map(script => [script.file.replace(/\.lua$/, '.ts'), moduleOf(script)]))
}

function moduleOf({ file, name, text }: EmbeddedSource): string {
  const sha1 = createHash('sha1').update(text).digest('hex')
  return `// Generated from lua/${file} by lua/generate.ts. Do not edit.
import type { Script } from '../script.ts'

export const ${name}: Script = {
  name: '${file}',
  sha1: '${sha1}',
  source: ${literal(text)},
}
`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target)
  for (const [file, text] of scriptModules()) writeFileSync(new URL(file, target), text)
}
