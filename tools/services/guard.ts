import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A server's process and its folder; without `pid`, both are gone. */
export interface GuardedServer {
  readonly folder: string
  readonly pid?: number | undefined
}

let guardian: ChildProcess | undefined

/** Makes sure that a server and its folder do not outlive this process, even when it is killed. */
export function guard(server: GuardedServer): void {
  guardian ??= startGuardian()
  guardian.stdin?.write(`${JSON.stringify(server)}\n`)
}

function startGuardian(): ChildProcess {
  // In a process group of its own, so that what is sent to this process's group does not end it first.
  const child = spawn(process.execPath, [fileURLToPath(new URL('guardian.ts', import.meta.url))], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
    env: {},
  })
  child.unref()
  const input = child.stdin as unknown as { unref(): void; on(event: 'error', listener: () => void): void }
  input.unref()
  input.on('error', () => {})
  return child
}
