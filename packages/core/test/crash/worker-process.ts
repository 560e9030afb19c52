import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type Answer, pointsDescriptor, type Request, type Seen, type Stop } from './serve-world.ts'

// Halves the time a process takes to start.
const compileCache = fileURLToPath(new URL('../../../../node_modules/.cache/node-compile', import.meta.url))

/** A real process with a manager in it, that can be killed and frozen. */
export class WorkerProcess<World> implements AsyncDisposable {
  readonly child: ChildProcess
  /** Resolves to the signal that ended the process, or null when it ended by itself. */
  readonly ended: Promise<NodeJS.Signals | null>
  #points = ''

  private constructor(program: URL) {
    this.child = spawn(process.execPath, ['--conditions=@nebula-credential/source', fileURLToPath(program)], {
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
    })
    const pipe = this.child.stdio[pointsDescriptor] as Readable
    pipe.setEncoding('utf8').on('data', (written: string) => {
      this.#points += written
    })
    this.ended = once(this.child, 'close').then(([, signal]) => signal as NodeJS.Signals | null)
  }

  /** Starts a program that calls `serveWorld`, and opens its manager. */
  static async open<World>(program: URL, world: World): Promise<WorkerProcess<World>> {
    const worker = await WorkerProcess.start<World>(program)
    await worker.enter(world)
    return worker
  }

  /** Starts a program that calls `serveWorld`. */
  static async start<World>(program: URL): Promise<WorkerProcess<World>> {
    const worker = new WorkerProcess<World>(program)
    await worker.#tell({ do: 'start' })
    return worker
  }

  /** Opens its manager. */
  async enter(world: World): Promise<void> {
    await this.#tell({ do: 'open', world })
  }

  /** The points reached until now, in order. */
  get points(): readonly string[] {
    return this.#points.split('\n').filter(point => point !== '')
  }

  /** Asks for the token of a credential, as so many callers at once. */
  async get(id: string, options: { callers?: number; stop?: Stop } = {}): Promise<Seen> {
    const answer = await this.#tell({ do: 'get', id, callers: options.callers ?? 1, stop: options.stop })
    return answer.seen as Seen
  }

  /** Closes the manager, with all the work that goes with it. */
  async close(): Promise<void> {
    await this.#tell({ do: 'close' })
  }

  /** Resolves when the process has stopped itself by SIGSTOP. */
  async stopped(point: string): Promise<void> {
    while (!this.points.includes(point)) await new Promise(resolve => setTimeout(resolve, 5))
  }

  freeze(): void {
    this.child.kill('SIGSTOP')
  }

  thaw(): void {
    this.child.kill('SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }

  async #tell(request: Request<World>): Promise<{ readonly seen?: Seen }> {
    const answer = Promise.race([
      once(this.child, 'message').then(([message]) => message as Answer),
      this.ended.then((signal): Answer => ({ failed: `the process ended (${signal})` })),
    ])
    this.child.send(request, () => {})
    const received = await answer
    if ('failed' in received) throw new Error(`The worker could not ${request.do}: ${received.failed}`)
    return received
  }
}
