import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { guard } from './guard.ts'
import type { ServerUser } from './server-user.ts'

/** How to start one server. */
export interface ServerCommand {
  readonly label: string
  readonly command: string
  readonly args: readonly string[]
  /** Runs it as this user instead of as this process's. */
  readonly user?: ServerUser | undefined
  /** Further environment variables: it inherits none but PATH. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Whether it answers by now. */
  readonly isReady: () => Promise<boolean>
}

const startTimeoutMs = 30_000
const stopTimeoutMs = 10_000

/** A server that this process started in a folder of its own, and that can be stopped, killed and frozen. */
export class ServerProcess {
  readonly folder: string
  #child: ChildProcess | undefined

  constructor(folder: string) {
    this.folder = folder
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Starts it and resolves when it answers. @throws Error with the end of its log when it does not come up */
  async start({ label, command, args, user, env, isReady }: ServerCommand): Promise<void> {
    const logFile = join(this.folder, 'server.log')
    const log = openSync(logFile, 'a')
    const child = spawn(command, args, {
      cwd: this.folder,
      stdio: ['ignore', log, log],
      detached: true,
      env: { PATH: process.env.PATH, LC_ALL: 'C', ...env },
      ...user,
    })
    closeSync(log)
    this.#child = child
    await once(child, 'spawn')
    child.unref()
    guard({ folder: this.folder, pid: child.pid })

    const deadline = Date.now() + startTimeoutMs
    while (this.running && Date.now() < deadline) {
      if (await isReady()) return
      await sleep(20)
    }
    await this.kill()
    throw new Error(`${label} did not start:\n${readFileSync(logFile, 'utf8').slice(-2_000)}`)
  }

  /** Sends a signal: SIGSTOP freezes the server, SIGCONT wakes it. */
  signal(signal: NodeJS.Signals): void {
    if (this.running) this.#child?.kill(signal)
  }

  /** Ends it in an orderly way and waits for it; what takes too long is killed. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (child === undefined || !this.running) return
    const exited = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
    await exited
    clearTimeout(timer)
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    await this.stop('SIGKILL')
  }

  /** Kills it and removes its folder. */
  async discard(): Promise<void> {
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    guard({ folder: this.folder })
  }
}

/** A new temporary folder for one server, for the given user where there is one. */
export function serverFolder(name: string, owner?: ServerUser): string {
  const folder = mkdtempSync(join(tmpdir(), `nebula-test-${name}-`))
  if (owner) chownSync(folder, owner.uid, owner.gid)
  guard({ folder })
  return folder
}
