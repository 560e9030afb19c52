/** What so many independent servers answered when the outcome became certain. */
export interface VoteCount {
  readonly yes: number
  readonly no: number
  /** Those that did not answer. */
  readonly failures: readonly unknown[]
}

/**
 * Counts answers until a majority said yes, or none can any more; nobody waits for a slow minority.
 */
export function countVotes(answers: readonly Promise<boolean>[], majority: number): Promise<VoteCount> {
  const { promise, resolve } = Promise.withResolvers<VoteCount>()
  const failures: unknown[] = []
  let yes = 0
  let no = 0
  const settle = () => {
    const open = answers.length - yes - no - failures.length
    if (yes >= majority || (yes + open < majority && isDecided(open))) resolve({ yes, no, failures })
  }
  // Whether a majority refuses or a majority is missing is not the same to a caller: without a majority of yes, that
  // must be certain too.
  const isDecided = (open: number) => {
    const minority = answers.length - majority
    return no > minority || failures.length > minority || open === 0
  }
  for (const answer of answers) {
    answer.then(
      value => {
        if (value) yes++
        else no++
        settle()
      },
      error => {
        failures.push(error)
        settle()
      },
    )
  }
  return promise
}
