import type { Seen } from '../../packages/core/test/crash/serve-world.ts'
import type { Family } from '../../packages/core/test/crash/strict-token-server.ts'
import { errorsOf, served } from './seen.ts'

/** What was seen of a fault on one backend. */
export interface Figures {
  /** How often the fault was made. */
  readonly times: number
  /** Token requests, without those that only proved that a grant goes on. */
  readonly requests: number
  readonly invalidGrants: number
  /** Tokens handed out that the provider does not accept. */
  readonly wrongTokens: number
  /** Grants that were lost. */
  readonly lost: number
  /** Those of them that nobody can keep. */
  readonly unavoidable: number
  /** The longest time until a caller had a good token again, or knew that the grant is lost, in milliseconds. */
  readonly recoveredMs: number
}

const sums = ['times', 'requests', 'invalidGrants', 'wrongTokens', 'lost', 'unavoidable'] as const

/** Gathers the figures of a fault, and the promises that were broken. */
export class Tally {
  readonly broken: string[] = []
  readonly notes: string[] = []
  readonly #families = new Set<Family>()
  #proofs = 0
  readonly #sums = { times: 0, requests: 0, invalidGrants: 0, wrongTokens: 0, lost: 0, unavoidable: 0 }
  #recoveredMs = 0

  /** One more time that the fault was made, to what follows from one consent. */
  time(family?: Family): void {
    this.#sums.times++
    if (family) this.#families.add(family)
  }

  /** Counts what a matrix that keeps its own books has seen. */
  add(figures: Partial<Figures>): void {
    for (const name of sums) this.#sums[name] += figures[name] ?? 0
    this.recovered(figures.recoveredMs ?? 0)
  }

  /** A promise; what is said of it is printed when it does not hold. */
  expect(holds: boolean, otherwise: string): void {
    if (!holds) this.broken.push(otherwise)
  }

  /** So many callers got a token that the provider accepts, and none got another. */
  expectServed(family: Family, callers: number, how: string, ...all: readonly Seen[]): void {
    const handedOut = all.flatMap(seen => Object.values(seen.tokens)).reduce((sum, count) => sum + count, 0)
    const good = served(family, ...all)
    this.wrongToken(handedOut - good, how)
    this.expect(good === callers, `${how}: ${good} of ${callers} callers served, ${errorsOf(...all)}`)
  }

  /** The provider was asked so often, and refused nothing. */
  expectRequests(family: Family, granted: number, how: string): void {
    const seen = `${family.granted} granted, ${family.refused} refused`
    this.expect(family.granted === granted && family.refused === 0, `${how}: ${seen}, not ${granted} granted`)
  }

  wrongToken(count: number, how: string): void {
    this.#sums.wrongTokens += count
    this.expect(count === 0, `${how}: ${count} tokens were handed out that the provider does not accept`)
  }

  lostGrant(isUnavoidable: boolean): void {
    this.#sums.lost++
    if (isUnavoidable) this.#sums.unavoidable++
  }

  /** One more request that was made only to prove that a grant goes on. */
  proof(): void {
    this.#proofs++
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
    const refused = families.reduce((sum, each) => sum + each.refused, 0)
    const granted = families.reduce((sum, each) => sum + each.granted, 0)
    return {
      ...this.#sums,
      requests: this.#sums.requests + granted + refused - this.#proofs,
      invalidGrants: this.#sums.invalidGrants + refused,
      recoveredMs: Math.round(this.#recoveredMs),
    }
  }
}
