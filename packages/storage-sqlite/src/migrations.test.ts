import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { migrationsModule } from '../sql/build-module.ts'

test('the generated module holds the migrations of sql/ (run sql/build-module.ts)', () => {
  const generated = readFileSync(new URL('generated/migrations.ts', import.meta.url), 'utf8')
  expect(generated).toBe(migrationsModule())
})
