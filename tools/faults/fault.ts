import type { Lab } from './lab.ts'
import type { Tally } from './tally.ts'
import type { Backend } from './world.ts'

/** One way that things go wrong, and what is promised then. */
export interface Fault {
  /** For `--only`. */
  readonly name: string
  /** What is done. */
  readonly does: string
  /** What DESIGN section 5 promises. */
  readonly promise: string
  /** What is lost although nobody can help it. Default: nothing may be lost. */
  readonly unavoidable?: string
  readonly backends: readonly Backend[]
  /** How often it is made unless `--runs` says otherwise. */
  readonly runs: number
  /** Whether it needs disks of its own: it is then made in a mount namespace, of which nothing stays. Default false. */
  readonly mounts?: boolean
  /** Makes it, and tallies what was seen. */
  make(lab: Lab, tally: Tally, extent: Extent): Promise<void>
}

export interface Extent {
  /** How often to make it. */
  readonly runs: number
  /** Whether only the chief cases are wanted, for the tests. */
  readonly short: boolean
}
