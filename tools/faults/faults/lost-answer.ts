import type { Fault } from '../fault.ts'
import { holdRefresh } from '../held-refresh.ts'
import { recover } from '../lab.ts'

export const lostAnswer: Fault = {
  name: 'lost-answer',
  does: 'the request times out although the provider has granted it',
  promise:
    'the old refresh token is tried once: a provider with grace goes on, one without ends as rotation_lost after one invalid_grant',
  backends: ['sqlite', 'redis', 'postgres', 'redis+postgres'],
  runs: 3,
  async make(lab, tally, { runs }) {
    for (let run = 0; run < runs; run++) {
      for (const graceMs of [0, 600_000]) {
        const world = lab.world()
        const { family, id, seen } = await holdRefresh(lab, tally, world, { graceMs })
        const { errors } = await seen
        family.release()
        tally.expect(errors.PROVIDER_UNAVAILABLE === 1, `the caller saw ${JSON.stringify(errors)}`)
        await using manager = await lab.manager(world)
        const outcome = await recover(tally, manager, { id, family })
        const promised = graceMs > 0 ? 'token' : 'rotation_lost'
        tally.expect(outcome === promised, `with ${graceMs} ms of grace: ${outcome}`)
        tally.expect(family.refused === (graceMs > 0 ? 0 : 1), `${family.refused} invalid_grant`)
        if (graceMs > 0) continue
        const { failure } = await manager.describe(id)
        tally.expect(failure?.cause === 'rotation_lost', `the cause is ${failure?.cause}`)
      }
    }
  },
}
