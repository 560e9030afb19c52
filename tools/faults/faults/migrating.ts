import type { Fault } from '../fault.ts'

const processes = 10
const callers = 50

export const migrating: Fault = {
  name: 'migrating',
  does: 'ten processes that wait for it open, at the same moment, a store that is not there yet',
  promise: 'each opens it, one of them creates it; then one token request serves all',
  backends: ['sqlite', 'redis', 'postgres', 'redis+postgres'],
  runs: 3,
  async make(lab, tally, { runs }) {
    for (let run = 0; run < runs; run++) {
      const world = lab.world()
      const workers = await Promise.all(Array.from({ length: processes }, () => lab.process()))
      await Promise.all(workers.map(worker => worker.enter(world)))
      const { family, id } = await lab.credential(world)
      tally.time(family)
      const seen = await Promise.all(workers.map(worker => worker.get(id, { callers })))
      tally.expectServed(family, processes * callers, 'after the migration', ...seen)
      tally.expectRequests(family, 1, 'after the migration')
      await Promise.all(workers.map(worker => worker[Symbol.asyncDispose]()))
    }
  },
}
