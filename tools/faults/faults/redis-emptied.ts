import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isCredentialError } from '@nebula-credential/core'
import type { Fault } from '../fault.ts'
import { holdRefresh } from '../held-refresh.ts'
import { soon } from '../lab.ts'
import { recover } from '../recover.ts'
import { errorsOf } from '../seen.ts'

const callers = 50

/** What an append-only file is for: without it, what Redis held is gone, whatever this library does. */
export const redisEmptied: Fault = {
  name: 'redis-emptied',
  does: 'the Redis that holds the state is killed in the middle of a refresh, and restarted without its append-only file',
  promise:
    'CREDENTIAL_NOT_FOUND, and no token after one L1 lifetime; no new credential is taken (KEY_MISMATCH) until the processes are started again, which begin a new store',
  unavoidable: 'every credential: the store has lost them',
  backends: ['redis'],
  runs: 3,
  async make(lab, tally, { runs }) {
    const server = lab.redis?.server
    if (server === undefined) throw new Error('There is no Redis')
    for (let run = 0; run < runs; run++) {
      const base = lab.world(soon)
      const world = { ...base, policy: { ...base.policy, l1TtlMs: 2_000 } }
      const { family, id, seen, worker } = await holdRefresh(lab, tally, world, { callers })
      await using old = await lab.manager(world)
      await server.process.kill()
      rmSync(join(server.process.folder, 'appendonlydir'), { recursive: true, force: true })
      await server.start()
      family.release()
      const first = await seen
      const { CREDENTIAL_NOT_FOUND: notFound = 0 } = first.errors
      tally.expectServed(family, callers - notFound, 'the refreshing process', first)
      await sleep(world.policy.l1TtlMs)
      const again = await worker.get(id, { callers })
      tally.expect(again.errors.CREDENTIAL_NOT_FOUND === callers, `of what is gone: ${errorsOf(again)}`)
      tally.expectServed(family, 0, 'of what is gone', again)
      tally.expectRequests(family, 1, 'an empty store')
      tally.lostGrant(true)
      // What it sealed now, nobody could open who begins later.
      const input = { url: 'https://provider.example', rotating: true, ...family.issue(1_000) }
      const created = await old.createCredential('account', input).catch((error: unknown) => error)
      tally.expect(isCredentialError(created, 'KEY_MISMATCH'), `a new credential: ${String(created)}`)
      await worker[Symbol.asyncDispose]()

      const next = await lab.credential(world)
      tally.time(next.family)
      await using manager = await lab.manager(world)
      await recover(tally, manager, next, 'created after a restart')
    }
  },
}
