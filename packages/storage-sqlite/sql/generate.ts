import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { migrationsModuleOf } from '../../../tools/build/migrations-module.ts'

const target = new URL('../src/generated/migrations.ts', import.meta.url)

/** The text of the generated module that holds the migrations of this folder. Run this file to write it. */
export function migrationsModule(): string {
  return migrationsModuleOf(new URL('.', import.meta.url))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, migrationsModule())
