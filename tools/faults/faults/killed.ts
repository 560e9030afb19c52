import {
  type CrashRow,
  type CrashScenario,
  crashAtEveryPoint,
  tableOf,
} from '../../../packages/core/test/crash/crash-matrix.ts'
import { crashScenarios } from '../../../packages/core/test/crash/crash-scenarios.ts'
import type { Fault } from '../fault.ts'

const chief = 'a grant that rotates'
// Nobody can keep a grant that its owner has withdrawn.
const withdrawn = 'a consent that was withdrawn'

/** The points are listed by a dry run, so that an await that is new is found by itself. */
export const killed: Fault = {
  name: 'killed',
  does: 'the refreshing process is killed -9 before and after every call that it awaits, in ten ways that a refresh can go',
  promise:
    'another goes on; only what the provider answered and neither store nor outbox acknowledged is lost',
  unavoidable: 'the grant, when the process dies between the answer of the provider and the first write',
  backends: ['sqlite', 'redis', 'postgres', 'redis+postgres'],
  runs: 1,
  async make(lab, tally, { runs, short }) {
    const scenarios = short ? chiefPoints() : crashScenarios
    for (let run = 0; run < runs; run++) {
      const matrix = await crashAtEveryPoint(lab.site(lab.world()), scenarios, 5)
      for (const [name, rows] of matrix) {
        const broken = rows.filter(row => row.promised !== row.seen)
        if (broken.length > 0) tally.broken.push(`${name}: ${tableOf(broken)}`)
        tally.expect(rows.length > 3, `${name}: only ${rows.length} points were found`)
        for (const row of rows) tally.add(figuresOf(row, name))
        const lost = rows.filter(row => isLoss(row, name)).map(({ point }) => point)
        tally.note(`${name}: ${rows.length} points${lost.length > 0 ? `, lost ${lost.join(', ')}` : ''}`)
      }
    }
  },
}

function figuresOf(row: CrashRow, scenario: string) {
  const lost = isLoss(row, scenario) ? 1 : 0
  return {
    times: 1,
    requests: row.requests - (row.seen === 'token' ? 1 : 0),
    invalidGrants: row.invalidGrants,
    wrongTokens: row.seen === 'a wrong token' ? 1 : 0,
    lost,
    unavoidable: row.promised === row.seen ? lost : 0,
    recoveredMs: row.tookMs,
  }
}

function isLoss({ seen }: CrashRow, scenario: string): boolean {
  return scenario !== withdrawn && (seen.includes('rotation_lost') || seen.includes('rejected'))
}

/** For the tests: where a death matters most. */
function chiefPoints(): Readonly<Record<string, CrashScenario>> {
  const scenario = crashScenarios[chief]
  if (scenario === undefined) throw new Error(`There is no scenario "${chief}"`)
  const isChief = (point: string) => /provider|store|lock/.test(point)
  return { [chief]: { ...scenario, closing: false, isOfInterest: isChief } }
}
