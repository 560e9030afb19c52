import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Report } from './report.ts'
import { isMet, printTable } from './table.ts'

/** One run of a bench program, in a process of its own: what one leaves in the heap must not slow the next. */
interface Run {
  readonly file: string
  readonly arguments: readonly string[]
  /** Left out when no bench is named, because it takes minutes. */
  readonly long?: boolean
}

const benches: Record<string, readonly Run[]> = {
  hit: [
    { file: 'hit.ts', arguments: ['1000'] },
    { file: 'hit.ts', arguments: ['100000'] },
    { file: 'hit.ts', arguments: ['1000000', '7'], long: true },
  ],
  cold: [{ file: 'cold.ts', arguments: [] }],
  memory: [
    { file: 'memory.ts', arguments: ['100000'] },
    { file: 'memory.ts', arguments: ['1000000'], long: true },
  ],
  peers: [{ file: 'peers.ts', arguments: [] }],
  herd: [{ file: 'herd.ts', arguments: [] }],
}

const heapForAMillion = '--max-old-space-size=12000'

const [name, ...given] = process.argv.slice(2)
if (name !== undefined && benches[name] === undefined) {
  console.error(`There is no bench "${name}". There are: ${Object.keys(benches).join(', ')}`)
  process.exit(2)
}

const runs =
  name === undefined
    ? Object.values(benches)
        .flat()
        .filter(run => !run.long)
    : (benches[name] as readonly Run[]).slice(0, given.length > 0 ? 1 : undefined)

let missed = 0
for (const run of runs) {
  const report = await start(run)
  printTable(report.title, report.figures)
  missed += report.figures.filter(figure => isMet(figure) === false).length
}
console.log(missed === 0 ? '\nEvery goal is met' : `\n${missed} goals are not met`)

/** Runs a bench program, which reports once; arguments given on the command line replace the usual ones. */
async function start(run: Run): Promise<Report> {
  const child = fork(join(import.meta.dirname, run.file), given.length > 0 ? given : run.arguments, {
    execArgv: [...process.execArgv, '--expose-gc', heapForAMillion],
  })
  const reported = new Promise<Report>(resolve =>
    child.once('message', message => resolve(message as Report)),
  )
  const ended = new Promise<never>((_, reject) =>
    child.once('exit', code => {
      if (code !== 0) reject(new Error(`${run.file} ${run.arguments.join(' ')} ended with code ${code}`))
    }),
  )
  return Promise.race([reported, ended])
}
