import { expect, test } from 'vitest'
import { unlessUnavailable } from '../services/service-unavailable.ts'
import { faults } from './faults.ts'
import { makeFault } from './make-fault.ts'
import type { Backend } from './world.ts'

/** Where each fault is made here, once; `pnpm faults` makes all of them everywhere, and often. */
const places: Readonly<Record<string, Backend>> = {
  herd: 'redis+postgres',
  killed: 'redis+postgres',
  'real-provider': 'postgres',
  frozen: 'sqlite',
  'slow-provider': 'redis',
  'lost-answer': 'postgres',
  'refused-write': 'redis',
  'disk-full': 'postgres',
  'redis-restarted': 'redis+postgres',
  'redis-emptied': 'redis',
  'redis-fail-over': 'redis+postgres',
  'no-lock': 'redis+postgres',
  redlock: 'postgres',
  'postgres-restarted': 'postgres',
  'connections-cut': 'redis+postgres',
  'connections-exhausted': 'postgres',
  'pool-exhausted': 'postgres',
  'lost-subscription': 'redis+postgres',
  migrating: 'postgres',
  'slow-store': 'redis+postgres',
  'clocks-apart': 'redis',
}

test.for(faults.map(({ name }) => name))(
  '%s',
  { timeout: 600_000, concurrent: true },
  async (name, context) => {
    const fault = faults.find(each => each.name === name)
    const backend = places[name]
    if (fault === undefined || backend === undefined) throw new Error(`No backend is chosen for "${name}"`)
    const result = await unlessUnavailable(`${name} on ${backend}`, () =>
      makeFault(fault, backend, { runs: 1, short: true }),
    )
    if (result === undefined) return context.skip('what it needs is not here')
    expect(result.broken).toEqual([])
    expect(result.figures.times).toBeGreaterThan(0)
  },
)
