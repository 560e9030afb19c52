import { setTimeout as sleep } from 'node:timers/promises'
import { RedisSentinelSet } from '../../services/redis-sentinel-set.ts'
import type { Fault } from '../fault.ts'
import { holdRefresh } from '../held-refresh.ts'
import { soon } from '../lab.ts'
import { recover } from '../recover.ts'
import { served } from '../seen.ts'
import { endSentinelClients } from '../world.ts'

const callers = 50

/** State on Redis waits for its replica (`waitForReplicas`), without which a fail-over may lose what was written last. */
export const redisFailOver: Fault = {
  name: 'redis-fail-over',
  does: 'the master of Redis dies in the middle of a refresh, Sentinel makes its replica the master, and it comes back as a replica',
  promise:
    'one token request, nothing lost, all works again by itself. Callers are served throughout where Redis holds lock and cache; where it holds the state, those of other processes may be told STORAGE_UNAVAILABLE meanwhile',
  backends: ['redis', 'redis+postgres'],
  runs: 2,
  async make(lab, tally, { runs }) {
    for (let run = 0; run < runs; run++) {
      await using sentinels = await RedisSentinelSet.start()
      using _clients = { [Symbol.dispose]: endSentinelClients }
      const holdsState = lab.backend === 'redis'
      const world = lab.world({ ...soon, sentinels: sentinels.sentinels, ...(holdsState && { replicas: 1 }) })
      const other = await lab.worker(world)
      const { family, id, seen, worker } = await holdRefresh(lab, tally, world, { callers })
      const startedAt = performance.now()
      await sentinels.master.process.kill()
      const waiting = other.get(id, { callers })
      await sentinels.failedOver()
      tally.note(`the fail-over took ${Math.round(performance.now() - startedAt)} ms`)
      // The other one finds no lock that is held, and must find the intent.
      await sleep(3_000)
      family.release()
      tally.expectServed(family, callers, 'the refreshing process', await seen)
      const meanwhile = await waiting
      const unavailable = meanwhile.errors.STORAGE_UNAVAILABLE ?? 0
      tally.note(`of another process ${served(family, meanwhile)} were served, ${unavailable} told to wait`)
      tally.expectServed(family, callers - (holdsState ? unavailable : 0), 'another process', meanwhile)
      tally.expectRequests(family, 1, 'a fail-over')

      await sentinels.master.start()
      await sentinels.replicating()
      await using manager = await lab.manager(world)
      await recover(tally, manager, { id, family }, 'after it')
      const next = await lab.credential(world)
      tally.time(next.family)
      const after = await Promise.all([worker, other].map(each => each.get(next.id, { callers })))
      tally.expectServed(next.family, 2 * callers, 'the next credential', ...after)
      tally.expectRequests(next.family, 1, 'the next credential')
    }
  },
}
