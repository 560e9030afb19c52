import type { Fault } from '../fault.ts'
import { errorsOf, served } from '../held-refresh.ts'
import { recover } from '../lab.ts'

const cases = [
  { point: 'after store.updateMetadata 1', graceMs: 0, why: 'frozen before it asked' },
  { point: 'before store.replace 1', graceMs: 600_000, why: 'frozen after the answer, provider with grace' },
] as const

/** What is frozen after it asked a provider without grace cannot be told from a dead process: see `killed`. */
export const frozen: Fault = {
  name: 'frozen',
  does: 'the refreshing process is stopped (SIGSTOP) past its lease and its intent, another refreshes, it is woken',
  promise: 'the woken one asks no more, or its answer is dropped; both hand out the token of the other',
  backends: ['sqlite', 'redis', 'postgres', 'redis+postgres'],
  runs: 5,
  async make(lab, tally, { runs }) {
    for (let run = 0; run < runs; run++) {
      for (const { point, graceMs, why } of cases) {
        const world = lab.world()
        const { family, id } = await lab.credential(world, { graceMs })
        tally.time(family)
        const worker = await lab.worker(world)
        const late = worker.get(id, { stop: { point, signal: 'SIGSTOP' } })
        await worker.stopped(point)
        await using manager = await lab.manager(world)
        const startedAt = performance.now()
        const token = (await manager.getToken(id)).value.expose()
        tally.recovered(performance.now() - startedAt)
        worker.thaw()
        const seen = await late
        tally.expect(served(family, seen) === 1, `${why}: the woken one got ${errorsOf(seen)}`)
        tally.expect(seen.tokens[token] === 1, `${why}: the woken one handed out a token of its own`)
        tally.expect(
          (await recover(tally, manager, { id, family })) === 'token',
          `${why}: the grant was lost`,
        )
        tally.expect(family.refused === 0, `${why}: ${family.refused} invalid_grant`)
      }
    }
  },
}
