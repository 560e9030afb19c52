import { parseArgs } from 'node:util'
import { unlessUnavailable } from '../services/service-unavailable.ts'
import { faults } from './faults.ts'
import { makeFault, type Result } from './make-fault.ts'
import { figuresTable, writeReport } from './report.ts'
import { backends } from './world.ts'

const usage = `pnpm faults [--backend name,...] [--only fault,...] [--runs N] [--parallel N] [--report file]

  --backend  ${backends.join(', ')}. Default: all
  --only     one or more of the faults below. Default: all
  --runs     how often each is made at most. Default: as below
  --parallel how many lines of the table are made at once. Default: 1
  --report   a document with places for the faults and the figures: docs/faults.md

${faults.map(({ name, does, runs }) => `  ${name} (${runs} runs): ${does}`).join('\n')}`
const { values } = parseArgs({
  options: {
    backend: { type: 'string' },
    only: { type: 'string' },
    runs: { type: 'string' },
    report: { type: 'string' },
    parallel: { type: 'string' },
    help: { type: 'boolean' },
  },
})
if (values.help) {
  console.log(usage)
  process.exit(0)
}
const chosenBackends = choose('backend', backends, values.backend, backend => backend)
const chosenFaults = choose('only', faults, values.only, ({ name }) => name)
const runs = count('runs', values.runs)
const parallel = count('parallel', values.parallel) ?? 1

const lines = chosenFaults.flatMap(fault =>
  chosenBackends.filter(each => fault.backends.includes(each)).map(backend => ({ fault, backend })),
)
const made: Result[] = []
const left = lines.entries()
await Promise.all(Array.from({ length: parallel }, makeLines))
const results = made.filter(result => result !== undefined)

console.log(`\n${figuresTable(results)}`)
if (values.report !== undefined) writeReport(values.report, faults, results)
const broken = results.filter(result => result.broken.length > 0)
console.log(
  broken.length === 0
    ? `\nAll promises were kept: ${results.length} lines, ${sum(results, 'times')} faults`
    : `\nBroken promises in ${broken.length} of ${results.length} lines`,
)
process.exit(broken.length === 0 ? 0 : 1)

async function makeLines(): Promise<void> {
  for (const [index, { fault, backend }] of left) {
    const extent = { runs: Math.min(runs ?? fault.runs, fault.runs), short: false }
    const result = await unlessUnavailable(`${fault.name} on ${backend}`, () =>
      makeFault(fault, backend, extent),
    )
    if (result === undefined) continue
    print(result)
    made[index] = result
  }
}

function choose<T>(
  option: string,
  from: readonly T[],
  wanted: string | undefined,
  nameOf: (each: T) => string,
): readonly T[] {
  if (wanted === undefined) return from
  const names = wanted.split(',')
  const known = from.map(nameOf)
  if (!names.every(name => known.includes(name))) fail(`--${option} is one or more of ${known.join(', ')}`)
  return from.filter(each => names.includes(nameOf(each)))
}

function count(option: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  if (!/^[1-9]\d*$/.test(given)) fail(`--${option} must be a number above 0`)
  return Number(given)
}

function fail(message: string): never {
  console.error(message)
  process.exit(2)
}

function print({ fault, backend, broken, notes, tookMs }: Result): void {
  console.log(`${fault.name} on ${backend}: ${broken.length === 0 ? 'kept' : 'BROKEN'} (${tookMs} ms)`)
  for (const line of notes) console.log(`    ${line}`)
  for (const line of new Set(broken)) console.log(`  ! ${line}`)
}

function sum(lines: readonly Result[], figure: 'times'): number {
  return lines.reduce((total, { figures }) => total + figures[figure], 0)
}
