import { herd as runHerd } from '../../../packages/core/test/crash/herd.ts'
import type { Fault } from '../fault.ts'

/** No fault at all, which the others are measured against. */
export const herd: Fault = {
  name: 'herd',
  does: 'four processes with 1,000 callers each ask for one expired credential',
  promise: 'one token request, no invalid_grant, every caller served the same token',
  backends: ['sqlite', 'redis', 'postgres', 'redis+postgres'],
  runs: 20,
  async make(lab, tally, { runs }) {
    for (const rotating of [true, false]) {
      const { lease: _lease, policy: _policy, ...world } = lab.world()
      const seen = await runHerd(lab.site(world), { processes: 4, callers: 1_000, runs, rotating })
      for (const run of seen) {
        const { requests, invalidGrants } = run
        tally.add({ times: 1, requests, invalidGrants })
        const perfect =
          requests === 1 && invalidGrants === 0 && run.served === 4_000 && run.distinctTokens === 1
        tally.expect(perfect, `a herd (rotating: ${rotating}) saw ${JSON.stringify(run)}`)
      }
    }
  },
}
