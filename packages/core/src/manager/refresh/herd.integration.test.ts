import { expect, test } from 'vitest'
import { herd } from '../../../test/crash/herd.ts'
import { sqliteSite } from '../../../test/crash/sqlite-world.ts'

test.for([true, false])(
  'four processes with 1,000 callers each on one SQLite file make one token request (rotating: %s)',
  { timeout: 300_000 },
  async rotating => {
    using site = sqliteSite()
    const runs = await herd(site, { processes: 4, callers: 1_000, runs: 5, rotating })
    const perfect = { requests: 1, invalidGrants: 0, served: 4_000, distinctTokens: 1, errors: {} }
    expect(runs).toEqual(Array(5).fill(perfect))
  },
)
