import { execFile } from 'node:child_process'
import type { ServerUser } from './server-user.ts'

interface CommandOptions extends Partial<ServerUser> {
  readonly cwd?: string
  /** Default 30,000. */
  readonly timeoutMs?: number
}

/** What a program prints. @throws Error with what it printed to standard error */
export function runCommand(
  command: string,
  args: readonly string[],
  { timeoutMs = 30_000, ...options }: CommandOptions = {},
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  execFile(command, args, { ...options, timeout: timeoutMs }, (error, stdout, stderr) => {
    if (error) reject(new Error(`${command} failed: ${stderr || stdout || error.message}`, { cause: error }))
    else resolve(stdout)
  })
  return promise
}
