import { definePackageTests } from './build/vitest.ts'

export default definePackageTests('tools')
