import { definePackageTests } from './build/vitest.ts'

export default definePackageTests('tools', {
  // Each of the faults starts processes of its own.
  maxConcurrency: 3,
})
