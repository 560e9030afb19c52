import { parseArgs } from 'node:util'
import type { StateStore } from '@nebula-credential/core'
import { report } from './report.ts'
import { median, medianRatio } from './rounds.ts'
import { openScaleBackend } from './scale/backends.ts'
import { fillStore } from './scale/fill-store.ts'
import { limit, pageOf, type Question, questions } from './scale/questions.ts'
import { type Figure, formatNs } from './table.ts'

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'sqlite' },
    few: { type: 'string', default: '1000' },
    many: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '15' },
    calls: { type: 'string', default: '40' },
  },
})
const few = Number(values.few)
const many = Number(values.many)
const rounds = Number(values.rounds)
const calls = Number(values.calls)
// The first rounds prepare statements, and compile.
const warmUps = 2

await using backend = await openScaleBackend(values.backend)
const small = backend.store('few')
const large = backend.store('many')
try {
  await fillStore(small, few)
  const fillMs = await fillStore(large, many)
  await backend.settle()
  await walk(small)
  await walk(large)

  const figures: Figure[] = []
  for (const question of questions) figures.push(await measure(question))
  const perCreate = formatNs((fillMs * 1e6) / many)
  await report(
    `${values.backend}: ${format(many)} credentials against ${format(few)} (filled in ${(fillMs / 1_000).toFixed(0)} s, ${perCreate} a create)`,
    figures,
  )
} finally {
  await small.close()
  await large.close()
}

/** Reads all of a store once: what fits in memory is there from now on, as in a program that has run for a while. */
async function walk(store: StateStore): Promise<void> {
  let cursor: string | undefined
  do {
    ;({ cursor } = await store.list({}, { limit: 1_000, cursor }))
  } while (cursor !== undefined)
}

/** The two stores answer in turns, and a round's time is the median of its calls: the machine's noise hits both. */
async function measure(question: Question): Promise<Figure> {
  const small_: number[] = []
  const large_: number[] = []
  for (let round = -warmUps; round < rounds; round++) {
    const times: [number[], number[]] = [[], []]
    for (let call = 0; call < calls; call++) {
      times[0].push(await timed(small, question))
      times[1].push(await timed(large, question))
    }
    if (round < 0) continue
    small_.push(median(times[0]))
    large_.push(median(times[1]))
  }
  return {
    what: question.what,
    measured: formatNs(median(large_)),
    against: `with ${format(few)}: ${formatNs(median(small_))}`,
    ratio: medianRatio(large_, small_),
    goal: { atMost: 2 },
  }
}

/** How long one page takes, in ns. */
async function timed(store: StateStore, question: Question): Promise<number> {
  const page = pageOf(question)
  const startedAt = performance.now()
  const { records } = await store.list(question.filter, page)
  const ns = (performance.now() - startedAt) * 1e6
  if (records.length !== limit) throw new Error(`${question.what}: ${records.length} records, not ${limit}`)
  return ns
}

function format(count: number): string {
  return count.toLocaleString('en-US')
}
