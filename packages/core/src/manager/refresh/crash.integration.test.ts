import { beforeAll, describe, expect, test } from 'vitest'
import { type CrashRow, crashAtEveryPoint, tableOf } from '../../../test/crash/crash-matrix.ts'
import { crashScenarios } from '../../../test/crash/crash-scenarios.ts'
import { sqliteSite } from '../../../test/crash/sqlite-world.ts'

describe('a process killed at any await of a refresh is replaced by another', () => {
  let rows: ReadonlyMap<string, readonly CrashRow[]>

  beforeAll(async () => {
    using site = sqliteSite()
    rows = await crashAtEveryPoint(site, crashScenarios, 10)
  }, 900_000)

  test.for(Object.keys(crashScenarios))('%s', name => {
    const seen = rows.get(name) ?? []
    expect(seen.length).toBeGreaterThan(3)
    expect(
      seen.filter(row => row.promised !== row.seen),
      tableOf(seen),
    ).toEqual([])
  })
})
