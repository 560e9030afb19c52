import { defineProject, type UserProjectConfigExport, type UserWorkspaceConfig } from 'vitest/config'

const sourceCondition = '@nebula-credential/source'

type TestOptions = NonNullable<UserWorkspaceConfig['test']>

/** The test settings of every package: siblings resolve to their sources, in the tests and in the processes they start. */
export const definePackageTests = (name: string, options: TestOptions = {}): UserProjectConfigExport =>
  defineProject({
    resolve: { conditions: [sourceCondition] },
    ssr: { resolve: { conditions: [sourceCondition], externalConditions: [sourceCondition] } },
    test: {
      name,
      include: ['**/*.test.ts'],
      exclude: ['**/node_modules/**', '**/dist/**'],
      environment: 'node',
      pool: 'forks',
      execArgv: [`--conditions=${sourceCondition}`],
      // A machine that does more besides may be ten times slower than an idle one.
      testTimeout: 60_000,
      hookTimeout: 60_000,
      expect: { poll: { timeout: 10_000 } },
      retry: 0,
      ...options,
    },
  })
