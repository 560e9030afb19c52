import { type ChildProcess, fork } from 'node:child_process'
import { on, once } from 'node:events'
import { join } from 'node:path'
import { expect } from '../expectation.ts'
import type { Place } from '../place.ts'

/** Another process of this program; it is killed when its holder is done with it. */
export class WorkerProcess implements Disposable {
  readonly #child: ChildProcess
  readonly #messages: NodeJS.AsyncIterator<unknown[]>

  /**
   * @param name of a file beside this one, without its ending
   * @param place goes by the environment, never by the arguments, which all users of a machine can see
   */
  constructor(name: string, place: Place, ...args: string[]) {
    this.#child = fork(join(import.meta.dirname, `${name}.ts`), args, {
      execArgv: ['--conditions=@nebula-credential/source'],
      env: { ...process.env, NEBULA_PLACE: JSON.stringify(place) },
    })
    this.#messages = on(this.#child, 'message', { close: ['disconnect'] })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  send(message: string): void {
    this.#child.send(message)
  }

  /** The next message. @throws UnexpectedResult when the process ends without sending one */
  async next<Message>(): Promise<Message> {
    const { value, done } = await this.#messages.next()
    expect(!done, `Process ${this.pid} ended before it was done.`)
    return value[0] as Message
  }

  /** Waits until the process has ended by itself, and returns its exit code. */
  async exitCode(): Promise<number | null> {
    if (!this.#hasEnded()) await once(this.#child, 'exit')
    return this.#child.exitCode
  }

  /** Ends the process as a crash would, and returns the signal that ended it. */
  async kill(): Promise<NodeJS.Signals | null> {
    this.#child.kill('SIGKILL')
    if (!this.#hasEnded()) await once(this.#child, 'exit')
    return this.#child.signalCode
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL')
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}
