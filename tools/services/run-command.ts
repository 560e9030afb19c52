import { execFile } from 'node:child_process'

/** What a program prints. @throws Error with what it printed to standard error */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly timeoutMs?: number } = {},
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  execFile(
    command,
    args,
    { ...(options.cwd !== undefined && { cwd: options.cwd }), timeout: options.timeoutMs ?? 30_000 },
    (error, stdout, stderr) => {
      if (error) reject(new Error(`${command} failed: ${stderr || stdout || error.message}`, { cause: error }))
      else resolve(stdout)
    },
  )
  return promise
}
