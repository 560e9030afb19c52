import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { Extent, Fault } from '../fault.ts'
import { errorsOf, holdRefresh, served } from '../held-refresh.ts'
import { type Lab, recover } from '../lab.ts'
import type { Tally } from '../tally.ts'

const callers = 50
const backends = ['postgres', 'redis+postgres'] as const

export const postgresRestarted: Fault = {
  name: 'postgres-restarted',
  does: 'PostgreSQL is restarted in the middle of a refresh',
  promise: 'the refreshing process serves the good token and saves it; nothing is lost',
  backends,
  runs: 5,
  make: (lab, tally, extent) =>
    duringRefresh(lab, tally, extent, async () => {
      await lab.postgres?.server.stop()
      await lab.postgres?.server.start()
    }),
}

export const connectionsCut: Fault = {
  name: 'connections-cut',
  does: 'every connection to PostgreSQL is cut in the middle of a refresh',
  promise: 'the refreshing process serves the good token and saves it; nothing is lost',
  backends,
  runs: 5,
  make: (lab, tally, extent) =>
    duringRefresh(lab, tally, extent, async () => lab.postgres?.proxy.cutConnections()),
}

export const connectionsExhausted: Fault = {
  name: 'connections-exhausted',
  does: 'another program holds every connection that PostgreSQL has, from the grant until two seconds after it',
  promise: 'the refreshing process serves the good token and saves it; nothing is lost',
  backends,
  runs: 3,
  make: (lab, tally, extent) =>
    duringRefresh(lab, tally, extent, async () => {
      // The connections that stand would be enough.
      lab.postgres?.proxy.cutConnections()
      const held = await takeAllConnections(lab.postgres?.server.url ?? '')
      tally.expect(held.length > 20, `only ${held.length} connections were there to take`)
      void sleep(2_000).then(() => Promise.all(held.map(client => client.end())))
    }),
}

async function duringRefresh(
  lab: Lab,
  tally: Tally,
  { runs }: Extent,
  disturb: () => Promise<void>,
): Promise<void> {
  for (let run = 0; run < runs; run++) {
    const base = lab.world()
    const world = { ...base, policy: { ...base.policy, rotatingRequestMs: 8_000 } }
    const { family, id, seen, worker } = await holdRefresh(lab, tally, world, { callers })
    await disturb()
    family.release()
    const first = await seen
    tally.expect(served(family, first) === callers, `not all were served: ${errorsOf(first)}`)
    const again = await worker.get(id, { callers })
    tally.expect(served(family, again) === callers, `not all were served again: ${errorsOf(again)}`)
    await sleep(2_500)
    await using manager = await lab.manager(world)
    tally.expect((await recover(tally, manager, { id, family })) === 'token', 'the grant was lost')
    tally.expect(family.refused === 0, `${family.refused} invalid_grant`)
    await worker[Symbol.asyncDispose]()
  }
}

async function takeAllConnections(url: string): Promise<Client[]> {
  const held: Client[] = []
  for (;;) {
    const client = new Client(url)
    client.on('error', () => {})
    try {
      await client.connect()
    } catch {
      return held
    }
    held.push(client)
  }
}
