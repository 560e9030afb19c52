/** Prints the problems found, one a line, and sets the exit code. */
export function report(problems: string[], whenNone: string): void {
  if (problems.length === 0) {
    console.log(whenNone)
    return
  }
  for (const problem of problems) console.error(problem)
  process.exitCode = 1
}
