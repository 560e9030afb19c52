import { setTimeout as sleep } from 'node:timers/promises'
import type { Seen } from '../../packages/core/test/crash/serve-world.ts'
import type { Family, FamilyOptions } from '../../packages/core/test/crash/strict-token-server.ts'
import type { WorkerProcess } from '../../packages/core/test/crash/worker-process.ts'
import type { AccountId, Lab } from './lab.ts'
import type { Tally } from './tally.ts'
import type { World } from './world.ts'

/** A refresh that has reached the provider, which has granted it and holds its answer until it is let go. */
export interface HeldRefresh {
  readonly family: Family
  readonly id: AccountId
  readonly worker: WorkerProcess<World>
  /** What the callers of the worker see. */
  readonly seen: Promise<Seen>
}

export async function holdRefresh(
  lab: Lab,
  tally: Tally,
  world: World,
  options: FamilyOptions & { readonly callers?: number; readonly in?: World; readonly leftMs?: number } = {},
): Promise<HeldRefresh> {
  const { callers = 1, in: own = world, ...familyOptions } = options
  const { family, id } = await lab.credential(world, familyOptions)
  tally.time(family)
  family.disturbances.push('hold answer')
  const worker = await lab.worker(own)
  const seen = worker.get(id, { callers })
  seen.catch(() => {})
  await Promise.race([family.held.promise, seen.then(() => {})])
  // Time for every caller to join.
  await sleep(300)
  return { family, id, worker, seen }
}

/** How many callers got a token that the provider accepts. */
export function served(family: Family, ...all: readonly Seen[]): number {
  return all
    .flatMap(seen => Object.entries(seen.tokens))
    .filter(([token]) => family.accepts(token))
    .reduce((sum, [, count]) => sum + count, 0)
}

/** The codes of all errors, for a message. */
export function errorsOf(...all: readonly Seen[]): string {
  return JSON.stringify(Object.assign({}, ...all.map(seen => seen.errors)))
}
