import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { embeddedSources, literal } from '../../../tools/build/embedded-source.ts'
import { migrationsModuleOf } from '../../../tools/build/migrations-module.ts'

const target = new URL('../src/generated/', import.meta.url)

/** The generated modules, by file name: the migrations of this folder, and its statements. Run this file to write them. */
export function sqlModules(): Map<string, string> {
  return new Map([
    ['migrations.ts', migrationsModuleOf(new URL('.', import.meta.url))],
    ['statements.ts', statementsModule()],
  ])
}

function statementsModule(): string {
  const statements = embeddedSources(new URL('statement/', import.meta.url), '.sql')
  const entries = statements.map(({ name, text }) => `  ${name}: ${literal(text)},\n`)
  return `// Generated from sql/statement/*.sql by sql/generate.ts. Do not edit.\n\n/** Statements by name, in which \`{schema}\` stands for the schema's quoted name. */\nexport const statements = {\n${entries.join('')}} as const\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, text] of sqlModules()) writeFileSync(new URL(file, target), text)
}
