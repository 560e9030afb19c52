import { RedisSentinelSet } from '../../services/redis-sentinel-set.ts'
import type { Fault } from '../fault.ts'
import { errorsOf, holdRefresh, served } from '../held-refresh.ts'
import { patiently, recover } from '../lab.ts'

const callers = 50

export const redisFailOver: Fault = {
  name: 'redis-fail-over',
  does: 'the Redis that holds lock and cache dies in the middle of a refresh, and Sentinel makes its replica the master',
  promise: 'one token request, all callers served, nothing lost; the lock works again by itself',
  backends: ['redis+postgres'],
  runs: 2,
  async make(lab, tally, { runs }) {
    for (let run = 0; run < runs; run++) {
      await using sentinels = await RedisSentinelSet.start()
      const base = lab.world({ sentinels: sentinels.sentinels })
      const world = { ...base, policy: { ...base.policy, rotatingRequestMs: 20_000 } }
      const other = await lab.worker(world)
      const { family, id, seen, worker } = await holdRefresh(lab, tally, world, { callers })
      const startedAt = performance.now()
      await sentinels.master.process.kill()
      const waiting = other.get(id, { callers })
      await sentinels.failedOver()
      family.release()
      const all = [await seen, await waiting]
      tally.note(`the fail-over took ${Math.round(performance.now() - startedAt)} ms`)
      tally.expect(served(family, ...all) === 2 * callers, `not all were served: ${errorsOf(...all)}`)
      tally.expect(
        family.granted === 1 && family.refused === 0,
        `${family.granted + family.refused} requests`,
      )

      const next = await lab.credential(world)
      tally.time(next.family)
      const after = await Promise.all([worker, other].map(each => each.get(next.id, { callers })))
      tally.expect(served(next.family, ...after) === 2 * callers, `after it: ${errorsOf(...after)}`)
      tally.expect(next.family.granted === 1, `after it: ${next.family.granted} requests`)
      const { sentinels: _gone, ...alone } = world
      await using manager = await patiently(() => lab.manager(alone), 5_000)
      tally.expect((await recover(tally, manager, { id, family })) === 'token', 'the grant was lost')
    }
  },
}
