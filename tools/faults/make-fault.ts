import type { Extent, Fault } from './fault.ts'
import { Lab } from './lab.ts'
import { type Figures, Tally } from './tally.ts'
import type { Backend } from './world.ts'

/** One line of the table. */
export interface Result {
  readonly fault: Fault
  readonly backend: Backend
  readonly figures: Figures
  readonly broken: readonly string[]
  readonly notes: readonly string[]
  readonly tookMs: number
}

/** Makes a fault on servers of its own. */
export async function makeFault(fault: Fault, backend: Backend, extent: Extent): Promise<Result> {
  const startedAt = performance.now()
  const tally = new Tally()
  await using lab = await Lab.open(backend)
  try {
    await fault.make(lab, tally, extent)
  } catch (error) {
    tally.broken.push(`it could not be made: ${error instanceof Error ? error.stack : String(error)}`)
  }
  lab.restore()
  const { figures, broken, notes } = tally
  return { fault, backend, figures, broken, notes, tookMs: Math.round(performance.now() - startedAt) }
}
