import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { errorsOf, type HeldRefresh, holdRefresh, served } from '../held-refresh.ts'
import { type Lab, recover } from '../lab.ts'
import type { Tally } from '../tally.ts'
import type { World } from '../world.ts'

const refuses = [{ method: 'replace', kind: 'fail' }] as const

/** Cuts the way to the state once the provider has granted; the outbox is elsewhere. */
export const refusedWrite: Fault = {
  name: 'refused-write',
  does: 'the store refuses the new state after the grant, the process dies, another takes over',
  promise: 'callers get the good token; the next process adopts it from the outbox; nothing is lost',
  backends: ['sqlite', 'redis', 'postgres', 'redis+postgres'],
  runs: 5,
  async make(lab, tally, { runs }) {
    for (let run = 0; run < runs; run++) {
      // The state's own server cannot hold what it refuses: a folder does, or the lock's Redis.
      const world = lab.world({ fileOutbox: lab.backend === 'redis' || lab.backend === 'postgres' })
      const held = await refuse(lab, tally, world)
      await held.worker[Symbol.asyncDispose]()
      lab.restore()
      await using manager = await lab.manager(world)
      const outcome = await recover(tally, manager, held)
      tally.expect(outcome === 'token', `the process died: ${outcome}`)
      tally.expect(held.family.refused === 0, `${held.family.refused} invalid_grant`)
    }
  },
}

/** Cuts the way to all there is. */
export const unreachableStore: Fault = {
  name: 'unreachable-store',
  does: 'store and outbox are cut off after the grant, and come back while the process lives',
  promise: 'callers get the good token; the process saves it when the store is back; nothing is lost',
  backends: ['redis', 'postgres', 'redis+postgres'],
  runs: 5,
  async make(lab, tally, { runs }) {
    for (let run = 0; run < runs; run++) {
      const base = lab.world()
      // The others wait for it for as long as its intent says, which must be longer than the store is away.
      const world = { ...base, policy: { ...base.policy, rotatingRequestMs: 8_000 } }
      const { family, id, worker } = await refuse(lab, tally, world, 'all')
      await sleep(500)
      lab.restore()
      const again = await worker.get(id)
      tally.expect(served(family, again) === 1, `the process itself got ${errorsOf(again)}`)
      await using manager = await lab.manager(world)
      const outcome = await recover(tally, manager, { id, family })
      tally.expect(outcome === 'token', `the store came back: ${outcome}`)
      tally.expect(family.refused === 0, `${family.refused} invalid_grant`)
    }
  },
}

async function refuse(lab: Lab, tally: Tally, world: World, what?: 'all'): Promise<HeldRefresh> {
  const own = lab.backend === 'sqlite' ? { ...world, faults: refuses } : world
  const held = await holdRefresh(lab, tally, world, { in: own })
  if (what === 'all' || lab.backend === 'redis') lab.redis?.proxy.cut()
  lab.postgres?.proxy.cut()
  held.family.release()
  const seen = await held.seen
  tally.expect(served(held.family, seen) === 1, `the caller got ${errorsOf(seen)}`)
  return held
}
