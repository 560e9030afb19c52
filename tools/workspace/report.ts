/** Runs a check, prints the problems it finds, one a line, and sets the exit code; an error is a problem too. */
export async function report(check: () => string[] | Promise<string[]>, whenNone: string): Promise<void> {
  const problems = await findProblems(check)
  if (problems.length === 0) {
    console.log(whenNone)
    return
  }
  for (const problem of problems) console.error(problem)
  process.exitCode = 1
}

async function findProblems(check: () => string[] | Promise<string[]>): Promise<string[]> {
  try {
    return await check()
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}
