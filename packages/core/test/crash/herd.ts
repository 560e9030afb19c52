import { Points } from './points.ts'
import { acme, type SharedWorld, type Site } from './sqlite-world.ts'
import { StrictTokenServer } from './strict-token-server.ts'
import { WorkerProcess } from './worker-process.ts'

export interface HerdOptions {
  readonly processes: number
  readonly callers: number
  readonly runs: number
  readonly rotating: boolean
}

export interface HerdRun {
  readonly requests: number
  readonly invalidGrants: number
  /** How many callers got a token that the provider accepts. */
  readonly served: number
  readonly distinctTokens: number
  readonly errors: Readonly<Record<string, number>>
}

/** So many processes with so many callers each ask for the token of one credential that has expired, again and again. */
export async function herd<World extends SharedWorld>(
  { program, world, open }: Site<World>,
  options: HerdOptions,
): Promise<readonly HerdRun[]> {
  await using server = await StrictTokenServer.start()
  await using stack = new AsyncDisposableStack()
  const manager = stack.use(await open(world, new Points(() => {})))
  const workers = await Promise.all(
    Array.from({ length: options.processes }, () => WorkerProcess.open(program, world)),
  )
  for (const worker of workers) stack.use(worker)

  const runs: HerdRun[] = []
  for (let run = 0; run < options.runs; run++) {
    const family = server.family({ rotating: options.rotating })
    const input = { url: server.urlOf(family), rotating: options.rotating, ...family.issue(-1) }
    const id = await manager.as(acme).createCredential('account', input)
    const seen = await Promise.all(workers.map(worker => worker.get(id, { callers: options.callers })))
    const tokens = seen.flatMap(each => Object.entries(each.tokens))
    const accepted = tokens.filter(([token]) => family.accepts(token))
    runs.push({
      requests: family.granted + family.refused,
      invalidGrants: family.refused,
      served: accepted.reduce((sum, [, count]) => sum + count, 0),
      distinctTokens: new Set(tokens.map(([token]) => token)).size,
      errors: Object.assign({}, ...seen.map(each => each.errors)),
    })
  }
  return runs
}
