import { setTimeout as sleep } from 'node:timers/promises'
import type { Seen } from '../../packages/core/test/crash/serve-world.ts'
import type { Family } from '../../packages/core/test/crash/strict-token-server.ts'
import type { WorkerProcess } from '../../packages/core/test/crash/worker-process.ts'
import type { AccountId, CredentialOptions, Lab } from './lab.ts'
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
  options: CredentialOptions & { readonly callers?: number; readonly in?: World } = {},
): Promise<HeldRefresh> {
  const { callers = 1, in: own = world, ...ofCredential } = options
  const { family, id } = await lab.credential(world, ofCredential)
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
