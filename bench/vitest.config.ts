import { definePackageTests } from '../tools/build/vitest.ts'

export default definePackageTests('bench', { testTimeout: 300_000 })
