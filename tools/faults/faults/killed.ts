import { crashAtEveryPoint, tableOf } from '../../../packages/core/test/crash/crash-matrix.ts'
import { crashScenarios } from '../../../packages/core/test/crash/crash-scenarios.ts'
import type { Fault } from '../fault.ts'

const chief = 'a grant that rotates'
// Nobody can keep a grant that its owner has withdrawn.
const notLost = 'a consent that was withdrawn'

/** The points are listed by a dry run, so that an await that is new is found by itself. */
export const killed: Fault = {
  name: 'killed',
  does: 'the refreshing process is killed -9 before and after every call that it awaits',
  promise:
    'another goes on; only what the provider answered and nobody acknowledged is lost, as rotation_lost',
  backends: ['sqlite', 'redis', 'postgres', 'redis+postgres'],
  runs: 1,
  async make(lab, tally, { runs, short }) {
    const scenarios = short ? { [chief]: crashScenarios[chief] ?? fail() } : crashScenarios
    for (let run = 0; run < runs; run++) {
      const matrix = await crashAtEveryPoint(lab.site(lab.world()), scenarios, 8)
      for (const [name, rows] of matrix) {
        const broken = rows.filter(row => row.promised !== row.seen)
        if (broken.length > 0) tally.broken.push(`${name}: ${tableOf(broken)}`)
        for (const row of rows) {
          const lost = name !== notLost && row.seen.includes('rotation_lost') ? 1 : 0
          const { requests, invalidGrants, tookMs } = row
          tally.add({ times: 1, requests, invalidGrants, lost, recoveredMs: tookMs })
        }
      }
    }
  },
}

function fail(): never {
  throw new Error(`There is no scenario "${chief}"`)
}
