import { parseArgs } from 'node:util'
import { unlessUnavailable } from '../services/service-unavailable.ts'
import { faults } from './faults.ts'
import { makeFault, type Result } from './make-fault.ts'
import { backends } from './world.ts'

/** `pnpm faults [--backend sqlite|redis|postgres|redis+postgres] [--only name] [--runs N]` */
const { values } = parseArgs({
  options: { backend: { type: 'string' }, only: { type: 'string' }, runs: { type: 'string' } },
})
const chosenBackends = choose('backend', backends, values.backend, backend => backend)
const chosenFaults = choose('only', faults, values.only, ({ name }) => name)
const runs = values.runs === undefined ? undefined : Number(values.runs)
if (runs !== undefined && !(Number.isInteger(runs) && runs > 0)) fail('--runs must be a number above 0')

const results: Result[] = []
for (const fault of chosenFaults) {
  for (const backend of chosenBackends.filter(each => fault.backends.includes(each))) {
    const extent = { runs: runs ?? fault.runs, short: false }
    const result = await unlessUnavailable(`${fault.name} on ${backend}`, () =>
      makeFault(fault, backend, extent),
    )
    if (result === undefined) continue
    print(result)
    results.push(result)
  }
}

printTable(results)
const broken = results.filter(result => result.broken.length > 0)
console.log(
  broken.length === 0
    ? `\nAll promises were kept: ${results.length} lines, ${sum(results, 'times')} faults`
    : `\nBroken promises in ${broken.length} of ${results.length} lines`,
)
process.exit(broken.length === 0 ? 0 : 1)

function choose<T>(
  option: string,
  from: readonly T[],
  wanted: string | undefined,
  nameOf: (each: T) => string,
): readonly T[] {
  const chosen = wanted === undefined ? from : from.filter(each => nameOf(each) === wanted)
  if (chosen.length === 0) fail(`--${option} is one of ${from.map(nameOf).join(', ')}`)
  return chosen
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

function printTable(lines: readonly Result[]): void {
  console.log(
    '\n| fault | backend | times | requests | invalid_grant | wrong tokens | lost | unavoidable | recovered within | promise |',
  )
  console.log('|---|---|---:|---:|---:|---:|---:|---:|---:|---|')
  for (const { fault, backend, figures, broken } of lines) {
    const { times, requests, invalidGrants, wrongTokens, lost, unavoidable, recoveredMs } = figures
    const counts = [times, requests, invalidGrants, wrongTokens, lost, unavoidable]
    const kept = broken.length === 0 ? 'kept' : 'BROKEN'
    console.log(`| ${[fault.name, backend, ...counts, `${recoveredMs} ms`, kept].join(' | ')} |`)
  }
}

function sum(lines: readonly Result[], figure: 'times'): number {
  return lines.reduce((total, { figures }) => total + figures[figure], 0)
}
