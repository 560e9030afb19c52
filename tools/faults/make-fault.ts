import type { Extent, Fault } from './fault.ts'
import { makeHere, type Outcome } from './make-here.ts'
import { makeWithMounts } from './mount-namespace.ts'
import type { Backend } from './world.ts'

/** One line of the table. */
export interface Result extends Outcome {
  readonly fault: Fault
  readonly backend: Backend
  readonly tookMs: number
}

/** Makes a fault on servers of its own. @throws ServiceUnavailable where they, or a disk, cannot be had */
export async function makeFault(fault: Fault, backend: Backend, extent: Extent): Promise<Result> {
  const startedAt = performance.now()
  const make = fault.mounts ? makeWithMounts : makeHere
  const outcome = await make(fault, backend, extent)
  return { fault, backend, ...outcome, tookMs: Math.round(performance.now() - startedAt) }
}
