import { readdirSync, readFileSync } from 'node:fs'
import { literal } from './embedded-source.ts'

/**
 * The text of a generated module that holds the migrations of a folder: its `.sql` files, numbered from 000001.
 * @throws Error when a number is missing or stands twice
 */
export function migrationsModuleOf(folder: URL): string {
  const files = readdirSync(folder)
    .filter(file => file.endsWith('.sql'))
    .sort()
  files.forEach((file, index) => {
    const number = `${index + 1}`.padStart(6, '0')
    if (!file.startsWith(`${number}-`)) throw new Error(`${file} should be migration ${number}`)
  })
  const entries = files.map(file => `  ${literal(readFileSync(new URL(file, folder), 'utf8'))},\n`)
  return `// Generated from sql/*.sql by sql/generate.ts. Do not edit.\n\n/** Statements by schema version: the first makes version 1. */\nexport const migrations: readonly string[] = [\n${entries.join('')}]\n`
}
