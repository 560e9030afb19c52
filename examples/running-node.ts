import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** A program that runs in this Node until it ends by itself, or with its block. */
export class RunningNode implements AsyncDisposable {
  /** What it has printed, errors included. */
  output = ''
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown[]>

  constructor(args: readonly string[], options: { cwd: string; env: Readonly<Record<string, string>> }) {
    const env = { ...process.env, ...options.env }
    this.#child = spawn(process.execPath, args, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#closed = once(this.#child, 'close')
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', text => {
        this.output += text
      })
    }
  }

  /** Waits until it has printed something. @throws Error when it ends before */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output)
      if (found !== null) return found
      const ended = await Promise.race([
        this.#closed,
        once(this.#child.stdout ?? this.#child, 'data').then(() => undefined),
      ])
      if (ended !== undefined && !pattern.test(this.output)) throw new Error(`It ended: ${this.output}`)
    }
  }

  /** Waits until it ends: its exit code. */
  async ended(): Promise<unknown> {
    return (await this.#closed)[0]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill()
    await this.#closed
  }
}
