import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { holdRefresh } from '../held-refresh.ts'
import { soon } from '../lab.ts'
import { recover } from '../recover.ts'

const callers = 50

/** State on Redis is kept by its append-only file, synced at every write; lock and cache may lose everything. */
export const redisRestarted: Fault = {
  name: 'redis-restarted',
  does: 'Redis is killed in the middle of a refresh and restarted: empty where it holds lock, cache and outbox, with its file where it holds state',
  promise: 'one token request, all callers served, nothing lost',
  backends: ['redis', 'redis+postgres'],
  runs: 3,
  async make(lab, tally, { runs }) {
    const server = lab.redis?.server
    if (server === undefined) throw new Error('There is no Redis')
    for (let run = 0; run < runs; run++) {
      await server.command('CONFIG', 'SET', 'appendfsync', 'always')
      const world = lab.world(soon)
      const other = await lab.worker(world)
      const { family, id, seen } = await holdRefresh(lab, tally, world, { callers })
      await server.process.kill()
      if (lab.backend === 'redis+postgres') {
        rmSync(join(server.process.folder, 'appendonlydir'), { recursive: true, force: true })
      }
      await server.start()
      if (lab.backend === 'redis+postgres') {
        tally.expect((await server.command('DBSIZE')).trim() === '0', 'Redis was not empty')
      }
      const waiting = other.get(id, { callers })
      // The other one finds no lock that is held, and must find the intent.
      await sleep(2_000)
      family.release()
      tally.expectServed(family, 2 * callers, 'a restart', await seen, await waiting)
      tally.expectRequests(family, 1, 'a restart')
      await using manager = await lab.manager(world)
      await recover(tally, manager, { id, family }, 'after it')
    }
  },
}
