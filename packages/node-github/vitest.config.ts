import { definePackageTests } from '../../tools/build/vitest.ts'

export default definePackageTests('node-github')
