import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { type HeldRefresh, holdRefresh } from '../held-refresh.ts'
import { type Lab, shortIntents, soon } from '../lab.ts'
import { recover } from '../recover.ts'
import { cut, diskFull, outOfMemory, type Refusal, refusalsOf, together } from '../refusals.ts'
import { errorsOf } from '../seen.ts'
import type { Tally } from '../tally.ts'
import type { World } from '../world.ts'

const promise =
  'callers get the good token. What the outbox has, whoever comes next adopts; what memory alone has, the process saves when it can'
const unavoidable = 'the grant, when store and outbox refuse it and the process dies before either is mended'
// So large that no page of PostgreSQL has room for another copy, and PostgreSQL does not compress what is encrypted.
const paddingBytes = 12_000

/** By real refusals of the servers. */
export const refusedWrite: Fault = {
  name: 'refused-write',
  does: 'the server refuses the new state after the grant: out of memory, too few replicas, demoted to a replica, snapshot failed; read-only; connection cut. Then the process dies or lives on, with an outbox elsewhere or none that takes it',
  promise,
  unavoidable,
  backends: ['redis', 'postgres', 'redis+postgres'],
  runs: 2,
  make: (lab, tally, { runs, short }) => {
    const ways = refusalsOf(lab)
    return refuse(lab, tally, short ? ways.slice(0, 1) : ways, runs)
  },
}

/** A file system of a few megabytes that is really full. */
export const fullDisk: Fault = {
  name: 'disk-full',
  does: 'the disk of the state is full after the grant. Then the process dies or lives on, with an outbox elsewhere or on the same disk; a SQLite disk is then found read-only',
  promise,
  unavoidable,
  backends: ['sqlite', 'postgres', 'redis+postgres'],
  runs: 2,
  mounts: true,
  make: (lab, tally, { runs }) => refuse(lab, tally, [diskFull(lab)], runs),
}

async function refuse(lab: Lab, tally: Tally, ways: readonly Refusal[], runs: number): Promise<void> {
  for (let run = 0; run < runs; run++) {
    for (const way of ways) {
      for (const ending of [adopted, saved, lost, askedNobody]) {
        await ending(lab, tally, way)
        await way.end()
      }
    }
  }
}

/** The outbox is elsewhere: the process dies, and others find there what was granted, also before the store is mended. */
async function adopted(lab: Lab, tally: Tally, way: Refusal): Promise<void> {
  const how = `${way.name}, outbox elsewhere, the process dies`
  const fileOutbox = lab.backend === 'redis+postgres' ? undefined : join(lab.folder, 'outbox')
  const world = lab.world({ fileOutbox, ...soon })
  const held = await grantRefused(lab, tally, world, way, how)
  await held.worker[Symbol.asyncDispose]()
  if (way.readable) {
    // A disk that errors is mounted read-only by the system.
    if (lab.backend === 'sqlite') lab.disk?.makeReadOnly()
    const other = await lab.worker(world)
    tally.expectServed(held.family, 1, `${how}, before it is mended`, await other.get(held.id))
    await other[Symbol.asyncDispose]()
    if (lab.backend === 'sqlite') lab.disk?.makeWritable()
  }
  await way.end()
  await using manager = await lab.manager(world)
  await recover(tally, manager, held, how)
}

/** Nothing takes the grant; the process lives until it is mended. */
async function saved(lab: Lab, tally: Tally, way: Refusal): Promise<void> {
  const how = `${way.name}, no outbox, the process lives`
  const world = lab.world(soon)
  const all = withOutbox(lab, way)
  const { family, id, worker } = await grantRefused(lab, tally, world, all, how)
  await sleep(500)
  await all.end()
  tally.expectServed(family, 1, `${how}, the process itself`, await worker.get(id))
  await worker.close()
  await using manager = await lab.manager(world)
  const events = await Array.fromAsync(
    manager.operator('faults').readAudit({ tenantId: 'acme', credentialId: id }),
  )
  const atRisk = events.filter(({ event }) => event.action === 'grant_at_risk').length
  tally.expect(atRisk === 1, `${how}: ${atRisk} events say that the grant was at risk`)
  await recover(tally, manager, { id, family }, how)
}

/** Nothing takes the grant, and the process dies with it. */
async function lost(lab: Lab, tally: Tally, way: Refusal): Promise<void> {
  const how = `${way.name}, no outbox, the process dies`
  const world = lab.world({ ...soon, ...shortIntents })
  const all = withOutbox(lab, way)
  const held = await grantRefused(lab, tally, world, all, how)
  await held.worker[Symbol.asyncDispose]()
  await all.end()
  await using manager = await lab.manager(world)
  await recover(tally, manager, held, how, 'rotation_lost')
}

/** Refused before the refresh: nobody is asked for what could not be kept. */
async function askedNobody(lab: Lab, tally: Tally, way: Refusal): Promise<void> {
  // A full table of PostgreSQL still has room on its pages for an intent.
  if (way.name === 'disk full' && lab.postgres) return
  const how = `${way.name}, before the refresh`
  const world = lab.world(soon)
  const { family, id } = await lab.credential(world)
  tally.time(family)
  const worker = await lab.worker(world)
  await way.begin()
  const seen = await worker.get(id)
  tally.expect(seen.errors.STORAGE_UNAVAILABLE === 1, `${how}: the caller got ${errorsOf(seen)}`)
  tally.expectRequests(family, 0, how)
  await way.end()
  await using manager = await lab.manager(world)
  await recover(tally, manager, { id, family }, how)
  await worker[Symbol.asyncDispose]()
}

/** Where the outbox is on another server than the state, that one refuses too. */
function withOutbox(lab: Lab, way: Refusal): Refusal {
  if (lab.backend !== 'redis+postgres' || lab.redis === undefined) return way
  const { server, proxy } = lab.redis
  return together(way, way.readable ? outOfMemory(server) : cut('Redis cut', proxy))
}

/** A refresh that the provider has granted and whose result is refused; its caller gets the good token. */
async function grantRefused(
  lab: Lab,
  tally: Tally,
  world: World,
  way: Refusal,
  how: string,
): Promise<HeldRefresh> {
  const held = await holdRefresh(lab, tally, world, { paddingBytes })
  await way.begin()
  held.family.release()
  const seen = await held.seen
  tally.expectServed(held.family, 1, how, seen)
  tally.expectRequests(held.family, 1, how)
  return held
}
