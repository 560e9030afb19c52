import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault } from '../fault.ts'
import { errorsOf, holdRefresh, served } from '../held-refresh.ts'
import { recover } from '../lab.ts'

const callers = 50

/** State on Redis is kept by its append-only file, synced at every write; lock and cache may lose everything. */
export const redisRestarted: Fault = {
  name: 'redis-restarted',
  does: 'Redis is killed in the middle of a refresh and restarted: empty where it holds lock and cache, with its file where it holds state',
  promise: 'one token request, all callers served, nothing lost',
  backends: ['redis', 'redis+postgres'],
  runs: 5,
  async make(lab, tally, { runs }) {
    const server = lab.redis?.server
    if (server === undefined) throw new Error('There is no Redis')
    for (let run = 0; run < runs; run++) {
      await server.command('CONFIG', 'SET', 'appendfsync', 'always')
      const base = lab.world()
      const world = { ...base, policy: { ...base.policy, rotatingRequestMs: 8_000 } }
      const other = await lab.worker(world)
      const { family, id, seen } = await holdRefresh(lab, tally, world, { callers })
      await server.process.kill()
      if (lab.backend === 'redis+postgres') {
        rmSync(join(server.process.folder, 'appendonlydir'), { recursive: true, force: true })
      }
      await server.start()
      const waiting = other.get(id, { callers })
      family.release()
      const all = [await seen, await waiting]
      tally.expect(served(family, ...all) === 2 * callers, `not all were served: ${errorsOf(...all)}`)
      tally.expect(
        family.granted === 1 && family.refused === 0,
        `${family.granted + family.refused} requests`,
      )
      await using manager = await lab.manager(world)
      tally.expect((await recover(tally, manager, { id, family })) === 'token', 'the grant was lost')
    }
  },
}
