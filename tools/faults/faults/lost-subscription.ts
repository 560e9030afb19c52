import { setTimeout as sleep } from 'node:timers/promises'
import { acme } from '../../../packages/core/test/crash/sqlite-world.ts'
import type { Fault } from '../fault.ts'
import { type AccountId, type Lab, soon } from '../lab.ts'
import type { World } from '../world.ts'

const l1TtlMs = 3_000
/** What one message and one look take on a busy machine; less than an L1 lifetime. */
const messageMs = 2_500

const ways = ['with messages', 'subscription lost', 'cut off from everything'] as const

export const lostSubscription: Fault = {
  name: 'lost-subscription',
  does: 'a credential is revoked while another process holds its token in memory, with and without its connection for messages',
  promise:
    'the other process refuses it within one message delay, and without messages within one L1 lifetime',
  backends: ['sqlite', 'redis', 'postgres', 'redis+postgres'],
  runs: 3,
  async make(lab, tally, { runs }) {
    for (let run = 0; run < runs; run++) {
      for (const how of ways) {
        const base = lab.world(soon)
        const world = { ...base, policy: { ...base.policy, l1TtlMs } }
        const { family, id } = await lab.credential(world, { leftMs: 3_000_000 })
        tally.time(family)
        const worker = await lab.worker(world)
        await worker.get(id)
        await disturb(lab, how)
        const tookMs = await revokeAndAsk(lab, world, worker, id)
        lab.restore()
        const byMessage = how === 'with messages' && lab.backend !== 'sqlite'
        const limitMs = messageMs + (byMessage ? 0 : l1TtlMs)
        tally.note(`${how}: refused after ${tookMs} ms`)
        tally.recovered(tookMs)
        tally.expect(tookMs <= limitMs, `${how}: it was handed out for ${tookMs} ms more`)
        await worker[Symbol.asyncDispose]()
      }
    }
  },
}

async function disturb(lab: Lab, how: (typeof ways)[number]): Promise<void> {
  const { redis, postgres } = lab
  if (how === 'cut off from everything') for (const reached of [redis, postgres]) reached?.proxy.cut()
  if (how !== 'subscription lost') return
  const unsubscribed = await redis?.server.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
  const unheard = postgres ? await lab.sql(endListeners) : []
  // SQLite has no messages.
  const lost = Number(unsubscribed ?? 0) + unheard.length
  if (lost === 0 && lab.backend !== 'sqlite') throw new Error('Nobody listens')
}

const endListeners =
  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%' AND pid <> pg_backend_pid()"

/** How long the worker hands out a token after its credential was revoked, in milliseconds. */
async function revokeAndAsk(
  lab: Lab,
  world: World,
  worker: Awaited<ReturnType<Lab['worker']>>,
  id: AccountId,
): Promise<number> {
  const { redis, postgres } = lab
  // By a way of its own, which is not cut.
  const direct = { ...world, redisUrl: redis?.server.url, postgresUrl: postgres?.server.url }
  {
    await using manager = await lab.manager(direct)
    await manager.as(acme).revokeCredential(id)
  }
  const revokedAt = performance.now()
  for (;;) {
    const seen = await worker.get(id)
    const tookMs = Math.round(performance.now() - revokedAt)
    if (Object.keys(seen.tokens).length === 0 || tookMs > 10_000) return tookMs
    await sleep(20)
  }
}
