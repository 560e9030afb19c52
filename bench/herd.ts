import { parseArgs } from 'node:util'
import { type HerdOutcome, runHerd } from './herd/run-herd.ts'
import { report } from './report.ts'
import { median, medianRatio, quantile } from './rounds.ts'
import type { Figure } from './table.ts'

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'sqlite' },
    processes: { type: 'string', default: '4' },
    callers: { type: 'string', default: '2500' },
    runs: { type: 'string', default: '5' },
  },
})
const backend = values.backend
const processes = Number(values.processes)
const callers = Number(values.callers)
const runs = Number(values.runs)

const outcomes: HerdOutcome[] = []
const alone: number[] = []
for (let run = 0; run < runs; run++) {
  alone.push((await runHerd({ backend, processes: 1, callers: 1 })).wallMs)
  outcomes.push(await runHerd({ backend, processes, callers }))
}

const requests = outcomes.map(outcome => outcome.tokenRequests)
const refused = outcomes.map(outcome => outcome.invalidGrants)
const failed = outcomes.map(({ errors }) => Object.values(errors).reduce((sum, count) => sum + count, 0))
const codes = [...new Set(outcomes.flatMap(({ errors }) => Object.keys(errors)))]

const figures: Figure[] = [
  {
    what: `token requests, ${backend}`,
    measured: `${Math.max(...requests)} at most, in ${runs} runs`,
    against: '1 for each herd',
    ratio: Math.max(...requests),
    goal: { atMost: 1 },
  },
  {
    what: 'invalid_grant',
    measured: `${sum(refused)} in all`,
    against: '',
    ratio: sum(refused),
    goal: { atMost: 0 },
  },
  {
    what: 'callers without a token',
    measured: `${sum(failed)} in all ${codes.join(' ')}`.trim(),
    against: '',
    ratio: sum(failed),
    goal: { atMost: 0 },
  },
  {
    what: 'different tokens handed out',
    measured: `${Math.max(...outcomes.map(outcome => outcome.tokens))} at most`,
    against: '1 for each herd',
    ratio: Math.max(...outcomes.map(outcome => outcome.tokens)),
    goal: { atMost: 1 },
  },
  waitFigure('wait of a caller, p50', 0.5),
  waitFigure('wait of a caller, p99', 0.99),
  {
    what: 'whole herd',
    measured: formatMs(median(outcomes.map(outcome => outcome.wallMs))),
    against: `one caller alone: ${formatMs(median(alone))}`,
    ratio: medianRatio(
      outcomes.map(outcome => outcome.wallMs),
      alone,
    ),
  },
]
await report(`${processes} processes of ${callers} callers on one expired credential`, figures)

function waitFigure(what: string, share: number): Figure {
  const waits = outcomes.map(outcome => quantile(outcome.waits, share))
  return {
    what,
    measured: formatMs(median(waits)),
    against: `one caller alone: ${formatMs(median(alone))}`,
    ratio: medianRatio(waits, alone),
  }
}

function formatMs(ms: number): string {
  return `${ms.toFixed(0)} ms`
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
