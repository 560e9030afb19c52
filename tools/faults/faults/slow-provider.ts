import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { holdRefresh } from '../held-refresh.ts'
import { lease } from '../lab.ts'
import { recover } from '../recover.ts'

const callers = 100

export const slowProvider: Fault = {
  name: 'slow-provider',
  does: 'the provider takes longer to answer than a lease lasts, while another process waits too',
  promise: 'one token request; all callers of both processes get its token',
  backends: ['sqlite', 'redis', 'postgres', 'redis+postgres'],
  runs: 5,
  async make(lab, tally, { runs }) {
    for (let run = 0; run < runs; run++) {
      const world = lab.world()
      const other = await lab.worker(world)
      const { family, id, seen } = await holdRefresh(lab, tally, world, { callers })
      const waiting = other.get(id, { callers })
      await sleep(lease.ttlMs * 2)
      family.release()
      tally.expectServed(family, 2 * callers, 'a slow answer', await seen, await waiting)
      tally.expectRequests(family, 1, 'a slow answer')
      await using manager = await lab.manager(world)
      await recover(tally, manager, { id, family }, 'after it')
    }
  },
}
