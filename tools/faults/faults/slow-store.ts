import type { Fault } from '../fault.ts'
import { recover } from '../recover.ts'

const callers = 100
const delayMs = 100

export const slowStore: Fault = {
  name: 'slow-store',
  does: `every answer of store, lock and cache is ${delayMs} ms late; four processes ask`,
  promise: 'one token request, no invalid_grant, all callers served',
  backends: ['sqlite', 'redis', 'postgres', 'redis+postgres'],
  runs: 5,
  async make(lab, tally, { runs }) {
    const slow = lab.backend === 'sqlite' ? { faults: [{ kind: 'delay', delayMs }] as const } : {}
    const world = lab.world(slow)
    const workers = await Promise.all([1, 2, 3, 4].map(() => lab.worker(world)))
    for (let run = 0; run < runs; run++) {
      const { family, id } = await lab.credential(world)
      tally.time(family)
      for (const reached of [lab.redis, lab.postgres]) if (reached) reached.proxy.delayMs = delayMs
      const startedAt = performance.now()
      const seen = await Promise.all(workers.map(worker => worker.get(id, { callers })))
      tally.expect(performance.now() - startedAt > 3 * delayMs, 'the store was not slow')
      tally.expectServed(family, 4 * callers, 'a slow store', ...seen)
      tally.expectRequests(family, 1, 'a slow store')
      await using manager = await lab.manager(world)
      await recover(tally, manager, { id, family }, 'while it is slow')
      lab.restore()
    }
  },
}
