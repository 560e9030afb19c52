import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const target = new URL('../src/generated/migrations.ts', import.meta.url)

/** The text of the generated module that holds the migrations of this folder. Run this file to write it. */
export function migrationsModule(): string {
  const folder = new URL('.', import.meta.url)
  const files = readdirSync(folder)
    .filter(file => file.endsWith('.sql'))
    .sort()
  files.forEach((file, index) => {
    const number = `${index + 1}`.padStart(6, '0')
    if (!file.startsWith(`${number}-`)) throw new Error(`${file} should be migration ${number}`)
  })
  const entries = files.map(file => `  ${literal(readFileSync(new URL(file, folder), 'utf8'))},\n`)
  return `// Generated from sql/*.sql by sql/build-module.ts. Do not edit.\n\n/** Statements by schema version: the first makes version 1. */\nexport const migrations: readonly string[] = [\n${entries.join('')}]\n`
}

function literal(sql: string): string {
  return `\`${sql.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')}\``
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, migrationsModule())
