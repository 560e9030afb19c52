import type { Fault } from '../fault.ts'
import { holdRefresh } from '../held-refresh.ts'
import { shortIntents } from '../lab.ts'
import { recover } from '../recover.ts'

export const lostAnswer: Fault = {
  name: 'lost-answer',
  does: 'the request times out although the provider has granted it',
  promise:
    'the old refresh token is tried once: a provider with grace goes on, one without ends as rotation_lost after one invalid_grant',
  unavoidable: 'the grant, where a provider without grace has granted and its answer never came',
  backends: ['sqlite', 'redis', 'postgres', 'redis+postgres'],
  runs: 3,
  async make(lab, tally, { runs }) {
    for (let run = 0; run < runs; run++) {
      for (const graceMs of [0, 600_000]) {
        const world = lab.world(shortIntents)
        const { family, id, seen } = await holdRefresh(lab, tally, world, { graceMs })
        const { errors } = await seen
        family.release()
        tally.expect(errors.PROVIDER_UNAVAILABLE === 1, `the caller saw ${JSON.stringify(errors)}`)
        await using manager = await lab.manager(world)
        const how = graceMs > 0 ? 'a provider with grace' : 'a provider without grace'
        await recover(tally, manager, { id, family }, how, graceMs > 0 ? 'token' : 'rotation_lost')
      }
    }
  },
}
