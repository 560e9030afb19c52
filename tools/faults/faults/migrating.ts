import type { Fault } from '../fault.ts'
import { errorsOf, served } from '../held-refresh.ts'

const processes = 10
const callers = 50

export const migrating: Fault = {
  name: 'migrating',
  does: 'ten processes start together on a store that is not there yet',
  promise: 'each opens it, one of them creates it; then one token request serves all',
  backends: ['sqlite', 'redis', 'postgres', 'redis+postgres'],
  runs: 3,
  async make(lab, tally, { runs }) {
    for (let run = 0; run < runs; run++) {
      const world = lab.world()
      const workers = await Promise.all(Array.from({ length: processes }, () => lab.worker(world)))
      const { family, id } = await lab.credential(world)
      tally.time(family)
      const seen = await Promise.all(workers.map(worker => worker.get(id, { callers })))
      tally.expect(
        served(family, ...seen) === processes * callers,
        `not all were served: ${errorsOf(...seen)}`,
      )
      tally.expect(
        family.granted === 1 && family.refused === 0,
        `${family.granted + family.refused} requests`,
      )
      await Promise.all(workers.map(worker => worker[Symbol.asyncDispose]()))
    }
  },
}
