import { Redis } from 'ioredis'
import { RedisServer } from '../tools/services/redis-server.ts'
import { TcpProxy } from '../tools/services/tcp-proxy.ts'
import { type Cycle, ownCycle, peerCycles, rawCycle } from './lock/cycles.ts'
import { measureWakeUps, type WakeUp } from './lock/wake-up.ts'
import { report } from './report.ts'
import { median, medianRatio, quantile, takeTurns } from './rounds.ts'
import { type Figure, formatNs } from './table.ts'

const rounds = Number(process.argv[2] ?? 101)
const cyclesPerTurn = Number(process.argv[3] ?? 250)
const wakeUps = Number(process.argv[4] ?? 400)
const networkDelayMs = 2

await using server = await RedisServer.start()
await report('Redis lock, one call in flight', [
  ...(await measureCycles()),
  ...(await measureLocalWakeUps()),
  ...(await measureDistantWakeUps()),
])

/** Each lock in turns with the raw cycle; ours first, before the others have filled the process with their code. */
async function measureCycles(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const [name, openCycle] of Object.entries({ RedisDistributedLock: ownCycle, ...peerCycles })) {
    const clients = [new Redis(server.url), new Redis(server.url)] as const
    const contenders = { raw: await rawCycle(clients[0]), lock: openCycle(clients[1]) }
    const { raw, lock } = await takeTurns(contenders, medianNs, rounds, 10)
    for (const client of clients) client.disconnect()
    figures.push({
      what: `speed of acquire + release: ${name}`,
      measured: formatNs(median(lock)),
      against: `SET NX PX + script that compares and deletes: ${formatNs(median(raw))}`,
      ratio: medianRatio(raw, lock),
      ...(openCycle === ownCycle && { goal: { atLeast: 0.95 } }),
    })
  }
  return figures
}

/**
 * Of the wall's time, because most of a cycle goes by in the server; the median, because on a busy machine the mean
 * says how often the processor was taken away.
 */
async function medianNs(cycle: Cycle): Promise<number> {
  globalThis.gc?.({ type: 'minor' })
  const times: number[] = []
  for (let done = 0; done < cyclesPerTurn; done++) {
    const startedAt = performance.now()
    await cycle()
    times.push((performance.now() - startedAt) * 1e6)
  }
  return median(times)
}

function measureLocalWakeUps(): Promise<Figure[]> {
  return wakeUpFigures('loopback', server.url, wakeUps)
}

async function measureDistantWakeUps(): Promise<Figure[]> {
  await using proxy = await TcpProxy.start(server)
  proxy.delayMs = networkDelayMs
  return await wakeUpFigures(
    `answers ${networkDelayMs} ms away`,
    `redis://${proxy.host}:${proxy.port}`,
    Math.ceil(wakeUps / 4),
  )
}

async function wakeUpFigures(where: string, url: string, count: number): Promise<Figure[]> {
  const measured = await measureWakeUps(url, count)
  const wakes = measured.map(({ wakeNs }) => wakeNs)
  const against = (what: string, ofEach: (wakeUp: WakeUp) => number, share: number): Figure => ({
    what: `wake-up of a waiter, ${where}, p${share * 100}`,
    measured: formatNs(quantile(wakes, share)),
    against: `${what}: ${formatNs(median(measured.map(ofEach)))}`,
    ratio: quantile(
      measured.map(each => each.wakeNs / ofEach(each)),
      share,
    ),
  })
  return [
    { ...against('one message', ({ messageNs }) => messageNs, 0.5), goal: { atMost: 2 } },
    against('one message', ({ messageNs }) => messageNs, 0.99),
    against('PING', ({ pingNs }) => pingNs, 0.5),
  ]
}
