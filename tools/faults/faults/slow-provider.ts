import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { errorsOf, holdRefresh, served } from '../held-refresh.ts'
import { lease, recover } from '../lab.ts'

const callers = 100

export const slowProvider: Fault = {
  name: 'slow-provider',
  does: 'the provider takes longer to answer than a lease lasts, while another process waits too',
  promise: 'one token request; all callers of both processes get its token',
  backends: ['sqlite', 'redis', 'postgres', 'redis+postgres'],
  runs: 5,
  async make(lab, tally, { runs }) {
    for (let run = 0; run < runs; run++) {
      const base = lab.world()
      const world = { ...base, policy: { ...base.policy, rotatingRequestMs: 8_000 } }
      const other = await lab.worker(world)
      const { family, id, seen } = await holdRefresh(lab, tally, world, { callers })
      const waiting = other.get(id, { callers })
      await sleep(lease.ttlMs * 2)
      family.release()
      const all = [await seen, await waiting]
      tally.expect(served(family, ...all) === 2 * callers, `not all were served: ${errorsOf(...all)}`)
      tally.expect(
        family.granted === 1 && family.refused === 0,
        `${family.granted + family.refused} requests`,
      )
      await using manager = await lab.manager(world)
      tally.expect((await recover(tally, manager, { id, family })) === 'token', 'the grant was lost')
    }
  },
}
