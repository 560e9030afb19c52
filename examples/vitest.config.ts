import { definePackageTests } from '../tools/build/vitest.ts'

export default definePackageTests('examples', { testTimeout: 120_000 })
