import type { Extent, Fault } from './fault.ts'
import { Lab } from './lab.ts'
import { type Figures, Tally } from './tally.ts'
import type { Backend } from './world.ts'

/** What came of a fault. */
export interface Outcome {
  readonly figures: Figures
  readonly broken: readonly string[]
  readonly notes: readonly string[]
}

/** Makes a fault in this process, which may mount where the fault needs it. */
export async function makeHere(fault: Fault, backend: Backend, extent: Extent): Promise<Outcome> {
  const tally = new Tally()
  await using lab = await Lab.open(backend, fault.mounts)
  try {
    await fault.make(lab, tally, extent)
  } catch (error) {
    tally.broken.push(`it could not be made: ${error instanceof Error ? error.stack : String(error)}`)
  }
  lab.restore()
  const { figures, notes } = tally
  tally.expect(
    figures.lost === figures.unavoidable,
    `${figures.lost - figures.unavoidable} grants were lost that could have been kept`,
  )
  return { figures, broken: tally.broken, notes }
}
