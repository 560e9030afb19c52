import { backends } from './herd/backend/backends.ts'
import { revokeBackends } from './revoke/backends.ts'
import { type Run, runBench } from './run-bench.ts'
import { scaleBackends } from './scale/backends.ts'
import { isMet, printTable } from './table.ts'

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
  herd: Object.keys(backends).map(backend => ({
    file: 'herd.ts',
    arguments: ['--backend', backend, '--runs', '20'],
    long: backend !== 'sqlite',
  })),
  lock: [{ file: 'lock.ts', arguments: [] }],
  revoke: Object.keys(revokeBackends).map(backend => ({
    file: 'revoke.ts',
    arguments: ['--backend', backend],
    long: true,
  })),
  scale: Object.keys(scaleBackends).map(backend => ({
    file: 'scale.ts',
    arguments: ['--backend', backend],
    long: true,
  })),
}

const [name, ...given] = process.argv.slice(2)
if (name !== undefined && benches[name] === undefined) {
  console.error(`There is no bench "${name}". There are: ${Object.keys(benches).join(', ')}`)
  process.exit(2)
}

const named =
  name === undefined
    ? Object.values(benches)
        .flat()
        .filter(run => !run.long)
    : (benches[name] ?? [])
// Arguments of the command line replace the usual ones.
const runs = given.length === 0 ? named : named.slice(0, 1).map(run => ({ ...run, arguments: given }))

let missed = 0
for (const run of runs) {
  const { title, figures } = await runBench(run)
  printTable(title, figures)
  missed += figures.filter(figure => isMet(figure) === false).length
}
console.log(missed === 0 ? '\nEvery goal is met' : `\n${missed} goals are not met`)
