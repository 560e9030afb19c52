import { parseArgs } from 'node:util'
import { report } from './report.ts'
import { revokeBackends } from './revoke/backends.ts'
import { measureTold, measureUntold } from './revoke/measure.ts'
import { quantile } from './rounds.ts'
import { type Figure, formatNs } from './table.ts'

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'redis' },
    runs: { type: 'string', default: '500' },
    held: { type: 'string', default: '40' },
    l1: { type: 'string', default: '10000' },
  },
})
const { backend } = values
const l1TtlMs = Number(values.l1)
const options = { backend, l1TtlMs }
const hasMessages = revokeBackends[backend]?.channel !== undefined
const shares = [0.5, 0.99, 1]

await report(`Revoked in one process, handed out by another: ${backend}`, [
  ...(hasMessages ? await toldFigures() : []),
  ...(await untoldFigures()),
])

async function toldFigures(): Promise<Figure[]> {
  const told = await measureTold({ ...options, revocations: Number(values.runs) })
  const against = (what: string, delays: readonly number[], share: number) => {
    const message = quantile(told.message, share)
    const delay = Math.max(0, quantile(delays, share))
    return {
      what: `${what}, ${nameOf(share)}`,
      measured: formatNs(delay),
      against: `one message: ${formatNs(message)}`,
      ratio: delay / message,
    }
  }
  return [
    ...shares.map(share => ({
      ...against('after revoke returned', told.afterReturn, share),
      // The slowest of each is one sample, and mostly the machine's.
      ...(share < 1 && { goal: { atMost: 1 } }),
    })),
    ...shares.map(share => against('after revoke was called', told.afterCall, share)),
  ]
}

async function untoldFigures(): Promise<Figure[]> {
  const delays = await measureUntold({ ...options, revocations: Number(values.held) })
  return shares.map(share => {
    const delay = Math.max(0, quantile(delays, share))
    return {
      what: `${hasMessages ? 'subscription lost' : 'no messages'}, ${nameOf(share)}`,
      measured: formatNs(delay),
      against: `one lifetime in memory: ${formatNs(l1TtlMs * 1e6)}`,
      ratio: delay / (l1TtlMs * 1e6),
      goal: { atMost: 1 },
    }
  })
}

function nameOf(share: number): string {
  return share === 1 ? 'maximum' : `p${share * 100}`
}
