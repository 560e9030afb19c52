import type { Fault } from '../fault.ts'
import { shortIntents } from '../lab.ts'
import { recover } from '../recover.ts'

const cases = [
  {
    how: 'frozen before it asked',
    point: 'after store.updateMetadata 1',
    graceMs: 0,
    requests: 1,
    promised: 'token',
  },
  {
    how: 'frozen after the answer, provider with grace',
    point: 'before store.replace 1',
    graceMs: 600_000,
    requests: 2,
    promised: 'token',
  },
  {
    how: 'frozen after the answer, provider without grace',
    point: 'before store.replace 1',
    graceMs: 0,
    requests: 1,
    promised: 'rotation_lost',
  },
] as const

export const frozen: Fault = {
  name: 'frozen',
  does: 'the refreshing process is stopped (SIGSTOP) past its lease and its intent, another refreshes, it is woken',
  promise:
    'the woken one asks no more, or its answer is dropped; both hand out the token of the other. After the answer of a provider without grace it cannot be told from a dead one',
  unavoidable:
    'the grant, when it is frozen between the answer of a provider without grace and the first write',
  backends: ['sqlite', 'redis', 'postgres', 'redis+postgres'],
  runs: 3,
  async make(lab, tally, { runs }) {
    for (let run = 0; run < runs; run++) {
      for (const { how, point, graceMs, requests, promised } of cases) {
        const world = lab.world(shortIntents)
        const { family, id } = await lab.credential(world, { graceMs })
        tally.time(family)
        const worker = await lab.worker(world)
        const late = worker.get(id, { stop: { point, signal: 'SIGSTOP' } })
        await worker.stopped(point)
        await using manager = await lab.manager(world)
        if (promised === 'rotation_lost') {
          await recover(tally, manager, { id, family }, how, promised)
          worker.thaw()
          await late
          tally.expect(family.granted === requests, `${how}: ${family.granted} requests were granted`)
          continue
        }
        const startedAt = performance.now()
        const token = (await manager.getToken(id)).value.expose()
        tally.recovered(performance.now() - startedAt)
        worker.thaw()
        const seen = await late
        tally.expectServed(family, 1, `${how}: the woken one`, seen)
        tally.expect(seen.tokens[token] === 1, `${how}: the woken one handed out a token of its own`)
        tally.expectRequests(family, requests, how)
        await recover(tally, manager, { id, family }, how)
      }
    }
  },
}
