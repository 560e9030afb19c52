import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { migrationsModule } from '../sql/build-module.ts'

test('the generated module holds the migrations as they are in sql/', () => {
  const generated = readFileSync(new URL('generated/migrations.ts', import.meta.url), 'utf8')
  expect(generated, 'run `pnpm generate` in packages/storage-postgres').toBe(migrationsModule())
})
