import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { Extent, Fault } from '../fault.ts'
import { type HeldRefresh, holdRefresh } from '../held-refresh.ts'
import { type Lab, soon } from '../lab.ts'
import { recover } from '../recover.ts'
import type { Tally } from '../tally.ts'
import type { World } from '../world.ts'

const callers = 50
const backends = ['postgres', 'redis+postgres'] as const
const promise = 'the refreshing process serves the good token and saves it; nothing is lost'

/** What is done when the provider has granted, and when the refreshing process has served its callers. */
interface Disturbance {
  begin(held: HeldRefresh): Promise<void>
  end?(): Promise<void>
  readonly world?: Partial<World>
}

export const postgresRestarted: Fault = {
  name: 'postgres-restarted',
  does: 'PostgreSQL is stopped in the middle of a refresh, and started when the granted token was served',
  promise,
  backends,
  runs: 3,
  make: (lab, tally, extent) =>
    duringRefresh(lab, tally, extent, {
      begin: async () => await lab.postgres?.server.stop(),
      end: async () => await lab.postgres?.server.start(),
    }),
}

export const connectionsCut: Fault = {
  name: 'connections-cut',
  does: 'every connection to PostgreSQL is cut in the middle of a refresh',
  promise,
  backends,
  runs: 3,
  make: (lab, tally, extent) =>
    duringRefresh(lab, tally, extent, { begin: async () => lab.postgres?.proxy.cutConnections() }),
}

export const connectionsExhausted: Fault = {
  name: 'connections-exhausted',
  does: 'another program holds every connection that PostgreSQL has, from the grant until four seconds after it',
  promise,
  backends,
  runs: 3,
  make: (lab, tally, extent) =>
    duringRefresh(lab, tally, extent, {
      begin: async () => {
        const { server, proxy } = lab.postgres ?? fail()
        // The connections that stand would be enough, and so would one that is had again before the others are taken.
        proxy.cut()
        const held = await takeAllConnections(server.url)
        await sleep(200)
        held.push(...(await takeAllConnections(server.url)))
        proxy.restore()
        tally.expect(held.length > 20, `only ${held.length} connections were there to take`)
        void sleep(4_000).then(() => Promise.all(held.map(client => client.end())))
      },
    }),
}

const poolSize = 4

export const poolExhausted: Fault = {
  name: 'pool-exhausted',
  does: `the program of the refreshing process holds all ${poolSize} connections of the pool that it shares with the store, from the grant until four seconds after it`,
  promise,
  backends,
  runs: 3,
  make: (lab, tally, extent) =>
    duringRefresh(lab, tally, extent, {
      world: { poolSize },
      begin: async ({ worker }) => {
        worker.child.kill('SIGUSR2')
        await sleep(300)
        const [row] = await lab.sql(
          "SELECT count(*)::int AS held FROM pg_stat_activity WHERE state = 'idle in transaction'",
        )
        tally.expect(row?.held === poolSize, `${row?.held} of ${poolSize} connections were held`)
      },
    }),
}

async function duringRefresh(
  lab: Lab,
  tally: Tally,
  { runs }: Extent,
  disturbance: Disturbance,
): Promise<void> {
  for (let run = 0; run < runs; run++) {
    const world = lab.world(soon)
    const held = await holdRefresh(lab, tally, world, { callers, in: { ...world, ...disturbance.world } })
    const { family, id, seen, worker } = held
    await disturbance.begin(held)
    family.release()
    tally.expectServed(family, callers, 'at first', await seen)
    tally.expectServed(family, callers, 'meanwhile', await worker.get(id, { callers }))
    await disturbance.end?.()
    await sleep(2_500)
    tally.expectRequests(family, 1, 'until it was mended')
    await using manager = await lab.manager(world)
    await recover(tally, manager, { id, family }, 'after it')
    await worker[Symbol.asyncDispose]()
  }
}

async function takeAllConnections(url: string): Promise<Client[]> {
  const held: Client[] = []
  for (;;) {
    const taken = (await Promise.all(Array.from({ length: 10 }, () => takeConnection(url)))).filter(
      client => client !== undefined,
    )
    held.push(...taken)
    if (taken.length === 0) return held
  }
}

async function takeConnection(url: string): Promise<Client | undefined> {
  const client = new Client(url)
  client.on('error', () => {})
  try {
    await client.connect()
    return client
  } catch {
    return undefined
  }
}

function fail(): never {
  throw new Error('There is no PostgreSQL')
}
