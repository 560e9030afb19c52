import { spawnSync } from 'node:child_process'

/** One part of the test command: a program whose exit code says whether the part passed. */
export type Part = { name: string; command: string[]; needs?: string }

/** Runs the parts in order, each under a one-line heading, and returns the names of those that did not pass. */
export function runParts(parts: Part[], cwd: string): string[] {
  const failed: string[] = []
  for (const { name, command, needs } of parts) {
    if (needs && failed.includes(needs)) {
      console.log(`\n== ${name}: not run, because it needs: ${needs}`)
      failed.push(name)
      continue
    }
    console.log(`\n== ${name}`)
    const start = performance.now()
    const passed = succeeds(command, cwd)
    if (!passed) failed.push(name)
    console.log(
      `== ${name}: ${passed ? 'passed' : 'FAILED'} in ${((performance.now() - start) / 1000).toFixed(1)} s`,
    )
  }
  return failed
}

function succeeds([program = '', ...args]: string[], cwd: string): boolean {
  const { status, error } = spawnSync(program, args, { cwd, stdio: 'inherit' })
  if (error) console.error(`${program} could not start: ${error.message}`)
  return status === 0
}
