import type { Family } from '../../packages/core/test/crash/strict-token-server.ts'

/** What was seen of a fault on one backend. */
export interface Figures {
  /** How often the fault was made. */
  readonly times: number
  readonly requests: number
  readonly invalidGrants: number
  /** Grants that were lost, whether that is unavoidable or not. */
  readonly lost: number
  /** The longest time until a caller had a good token again, in milliseconds. */
  readonly recoveredMs: number
}

/** Gathers the figures of a fault, and the promises that were broken. */
export class Tally {
  readonly broken: string[] = []
  readonly notes: string[] = []
  #times = 0
  #lost = 0
  #recoveredMs = 0
  readonly #families = new Set<Family>()

  /** One more time that the fault was made, to what follows from one consent. */
  time(family?: Family): void {
    this.#times++
    if (family) this.#families.add(family)
  }

  /** Counts what a matrix that keeps its own books has seen. */
  add(figures: Figures): void {
    this.#times += figures.times
    this.#lost += figures.lost
    this.#recoveredMs = Math.max(this.#recoveredMs, figures.recoveredMs)
    this.#more.requests += figures.requests
    this.#more.invalidGrants += figures.invalidGrants
  }

  readonly #more = { requests: 0, invalidGrants: 0 }

  /** A promise; what is said of it is printed when it does not hold. */
  expect(holds: boolean, otherwise: string): void {
    if (!holds) this.broken.push(otherwise)
  }

  lostGrant(): void {
    this.#lost++
  }

  recovered(ms: number): void {
    this.#recoveredMs = Math.max(this.#recoveredMs, ms)
  }

  /** A figure worth printing that has no column. */
  note(text: string): void {
    this.notes.push(text)
  }

  get figures(): Figures {
    const families = [...this.#families]
    return {
      times: this.#times,
      requests: this.#more.requests + families.reduce((sum, each) => sum + each.granted + each.refused, 0),
      invalidGrants: this.#more.invalidGrants + families.reduce((sum, each) => sum + each.refused, 0),
      lost: this.#lost,
      recoveredMs: Math.round(this.#recoveredMs),
    }
  }
}
