import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { FromHolder, ToHolder } from './messages.ts'

/** The process that hands out what another one revokes. */
export class HolderProcess implements Disposable {
  readonly #child: ChildProcess
  readonly #waiting = new Set<(message: FromHolder | Error) => void>()

  constructor() {
    this.#child = fork(join(import.meta.dirname, 'holder.ts'), [])
    this.#child.on('message', message => this.#hear(message as FromHolder))
    this.#child.on('exit', code => this.#hear(new Error(`The holder ended early, with code ${code}`)))
  }

  send(message: ToHolder): void {
    this.#child.send(message)
  }

  /** The next message of a kind: ask for it before what brings it about. @throws Error when the process ends before */
  next<Kind extends FromHolder['kind']>(kind: Kind): Promise<Extract<FromHolder, { kind: Kind }>> {
    return new Promise((resolve, reject) => {
      const hear = (message: FromHolder | Error) => {
        if (!(message instanceof Error) && message.kind !== kind) return
        this.#waiting.delete(hear)
        if (message instanceof Error) reject(message)
        else resolve(message as Extract<FromHolder, { kind: Kind }>)
      }
      this.#waiting.add(hear)
    })
  }

  /** Waits until it has ended in order. */
  async end(): Promise<void> {
    const ended = new Promise(resolve => this.#child.once('exit', resolve))
    this.send({ kind: 'end' })
    await ended
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL')
  }

  #hear(message: FromHolder | Error): void {
    for (const hear of [...this.#waiting]) hear(message)
  }
}
