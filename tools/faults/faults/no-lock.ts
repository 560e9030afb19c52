import type { Fault } from '../fault.ts'
import { errorsOf, served } from '../held-refresh.ts'
import { recover } from '../lab.ts'

const callers = 250

export const noLock: Fault = {
  name: 'no-lock',
  does: 'the lock service is gone altogether, and with it the cache that is on it; four processes ask',
  promise: 'a grant that rotates goes on by the intent alone: one token request, no invalid_grant',
  backends: ['sqlite', 'redis', 'postgres', 'redis+postgres'],
  runs: 5,
  async make(lab, tally, { runs }) {
    const world = lab.world({ lockGone: lab.backend !== 'redis+postgres' })
    const workers = await Promise.all([1, 2, 3, 4].map(() => lab.worker(world)))
    for (let run = 0; run < runs; run++) {
      const { family, id } = await lab.credential(world)
      tally.time(family)
      if (lab.backend === 'redis+postgres') lab.redis?.proxy.cut()
      const seen = await Promise.all(workers.map(worker => worker.get(id, { callers })))
      lab.restore()
      tally.expect(served(family, ...seen) === 4 * callers, `not all were served: ${errorsOf(...seen)}`)
      tally.expect(
        family.granted === 1 && family.refused === 0,
        `${family.granted + family.refused} requests`,
      )
      await using manager = await lab.manager(world)
      tally.expect((await recover(tally, manager, { id, family })) === 'token', 'the grant was lost')
    }
  },
}
