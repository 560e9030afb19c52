import type { Fault } from '../fault.ts'
import { soon } from '../lab.ts'
import { recover } from '../recover.ts'

const callers = 250

export const noLock: Fault = {
  name: 'no-lock',
  does: 'the lock service is gone altogether, and with it the cache that is on it; four processes ask',
  promise: 'a grant that rotates goes on by the intent alone: one token request, no invalid_grant',
  backends: ['sqlite', 'redis', 'postgres', 'redis+postgres'],
  runs: 5,
  async make(lab, tally, { runs }) {
    const world = lab.world({ ...soon, lockGone: lab.backend !== 'redis+postgres' })
    const workers = await Promise.all([1, 2, 3, 4].map(() => lab.worker(world)))
    for (let run = 0; run < runs; run++) {
      const { family, id } = await lab.credential(world)
      tally.time(family)
      if (lab.backend === 'redis+postgres') lab.redis?.proxy.cut()
      const seen = await Promise.all(workers.map(worker => worker.get(id, { callers })))
      lab.restore()
      tally.expectServed(family, 4 * callers, 'without a lock', ...seen)
      tally.expectRequests(family, 1, 'without a lock')
      await using manager = await lab.manager(world)
      await recover(tally, manager, { id, family }, 'after it')
    }
  },
}
