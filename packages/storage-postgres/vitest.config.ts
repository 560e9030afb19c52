import { definePackageTests } from '../../tools/build/vitest.ts'

export default definePackageTests('storage-postgres', {
  globalSetup: ['../../tools/services/vitest/postgres.ts'],
})
