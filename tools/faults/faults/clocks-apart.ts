import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { holdRefresh } from '../held-refresh.ts'
import { recover } from '../recover.ts'

const callers = 50
const minute = 60_000

export const clocksApart: Fault = {
  name: 'clocks-apart',
  does: 'the clocks of three processes are a minute apart; one refreshes, the provider takes 2 s, the others ask too',
  promise: 'one token request, with and without a lock; the grant goes on whoever refreshes next',
  backends: ['sqlite', 'redis', 'postgres', 'redis+postgres'],
  runs: 2,
  async make(lab, tally, { runs }) {
    for (let run = 0; run < runs; run++) {
      for (const lockGone of [false, true]) {
        // The default policy: what a minute does to it is the question.
        const { policy: _short, ...world } = lab.world({ lockGone })
        const ahead = await lab.worker({ ...world, clockAheadMs: minute })
        const behind = await lab.worker({ ...world, clockAheadMs: -minute })
        const { family, id, seen } = await holdRefresh(lab, tally, world, { callers, leftMs: -2 * minute })
        const waiting = [ahead.get(id, { callers }), behind.get(id, { callers })]
        await sleep(2_000)
        family.release()
        const all = [await seen, ...(await Promise.all(waiting))]
        const how = lockGone ? 'without a lock' : 'with the lock'
        tally.expectServed(family, 3 * callers, how, ...all)
        tally.expectRequests(family, 1, how)
        await using manager = await lab.manager({ ...world, clockAheadMs: minute })
        await recover(tally, manager, { id, family }, how)
      }
    }
  },
}
