import { defineConfig, mergeConfig } from 'vitest/config'
import workspace from '../../vitest.config.ts'
import { repositoryRoot } from '../workspace/root.ts'
import { CountReporter } from './count-reporter.ts'
import { testCountFile } from './test-count.ts'

export default mergeConfig(
  workspace,
  defineConfig({
    root: repositoryRoot,
    test: {
      allowOnly: false,
      reporters: ['default', new CountReporter({ file: testCountFile })],
    },
  }),
)
