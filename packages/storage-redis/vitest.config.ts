import { definePackageTests } from '../../tools/build/vitest.ts'

export default definePackageTests('storage-redis', {
  globalSetup: ['../../tools/services/vitest/redis.ts'],
})
