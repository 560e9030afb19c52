import { spawnSync } from 'node:child_process'

/** Runs a program and returns what it printed; a failure is an error that carries its output. */
export function run(command: string, args: string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (error || status !== 0)
    throw new Error(`${command} ${args[0]} failed: ${error?.message ?? stdout + stderr}`)
  return stdout
}
