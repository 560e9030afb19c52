import { isCredentialError } from '@nebula-credential/core'
import { RedlockQuorumLock } from '@nebula-credential/storage-redis'
import { RedisServer } from '../../services/redis-server.ts'
import type { Fault } from '../fault.ts'
import { recover } from '../recover.ts'

const callers = 100

export const redlock: Fault = {
  name: 'redlock',
  does: 'of five independent lock servers two die, then a third; four processes ask each time',
  promise:
    'with three of five the lock works; with two it says STORAGE_UNAVAILABLE, and rotating grants go on by the intent',
  backends: ['sqlite', 'postgres'],
  runs: 3,
  async make(lab, tally, { runs }) {
    for (let run = 0; run < runs; run++) {
      await using servers = new AsyncDisposableStack()
      const nodes = await Promise.all([1, 2, 3, 4, 5].map(async () => servers.use(await RedisServer.start())))
      const redlockUrls = nodes.map(({ url }) => url)
      const world = lab.world({ redlockUrls })
      const workers = await Promise.all([1, 2, 3, 4].map(() => lab.worker(world)))
      const lock = new RedlockQuorumLock(redlockUrls, { keyPrefix: world.space, commandTimeoutMs: 2_000 })
      servers.defer(() => lock.close())
      for (const dead of [0, 2, 3]) {
        await Promise.all(nodes.slice(0, dead).map(node => node.process.kill()))
        const taken = await lock.tryAcquire(`probe ${dead}`).catch((error: unknown) => error)
        const works = dead < 3 ? isLease(taken) : isCredentialError(taken, 'STORAGE_UNAVAILABLE')
        tally.expect(works, `with ${dead} of 5 dead the lock says ${String(taken)}`)
        if (isLease(taken)) await taken.release()

        const { family, id } = await lab.credential({ ...world, lockGone: true })
        tally.time(family)
        const seen = await Promise.all(workers.map(worker => worker.get(id, { callers })))
        tally.expectServed(family, 4 * callers, `${dead} dead`, ...seen)
        tally.expectRequests(family, 1, `${dead} dead`)
        await using manager = await lab.manager(world)
        await recover(tally, manager, { id, family }, `${dead} dead`)
      }
      for (const worker of workers) await worker[Symbol.asyncDispose]()
    }
  },
}

function isLease(taken: unknown): taken is { release(): Promise<void> } {
  return typeof taken === 'object' && taken !== null && 'release' in taken
}
