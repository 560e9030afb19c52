import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type {
  AuditEvent,
  Context,
  CredentialDescription,
  GivenOf,
  Interaction,
} from '@nebula-credential/core'
import type { oauth2Connection } from '@nebula-credential/oauth2'

/** Where all processes keep their credentials. */
export type Place = { readonly file: string } | { readonly url: string }

export type ConnectionInput = GivenOf<typeof oauth2Connection>

/** What a program has of a connection that it began, and hands to the browser or keeps in its cookie. */
export interface Begun {
  readonly interaction: Interaction
  readonly state: string
  readonly browserBinding: string
  readonly credentialId: string
}

/** What a parent asks of a process. */
export type Request =
  | { readonly do: 'open'; readonly place: Place; readonly key: string; readonly flowLifetimeMs: number }
  | { readonly do: 'begin'; readonly context: Context; readonly input: ConnectionInput }
  | {
      readonly do: 'resume'
      readonly context: Context
      readonly callback: string
      readonly browserBinding: string | undefined
    }
  | { readonly do: 'wait'; readonly context: Context; readonly begun: Begun }
  | { readonly do: 'token' | 'describe'; readonly context: Context; readonly id: string }
  | { readonly do: 'events'; readonly tenantId: string }
  | { readonly do: 'close' }

export interface Refusal {
  readonly code: string
  readonly message: string
}

export type Answer = { readonly value: unknown } | { readonly error: Refusal }

/** An error of the other process. */
export class Refused extends Error {
  readonly code: string

  constructor({ code, message }: Refusal) {
    super(message)
    this.name = 'Refused'
    this.code = code
  }
}

// Halves the time a process takes to start.
const compileCache = fileURLToPath(new URL('../../node_modules/.cache/node-compile', import.meta.url))

/** A real process with a manager in it. */
export class FlowProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>

  private constructor() {
    const program = fileURLToPath(new URL('./flow-program.ts', import.meta.url))
    this.#child = spawn(process.execPath, ['--conditions=@nebula-credential/source', program], {
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#ended = once(this.#child, 'exit')
  }

  static async open(place: Place, key: string, flowLifetimeMs = 600_000): Promise<FlowProcess> {
    const started = new FlowProcess()
    await started.#ask({ do: 'open', place, key, flowLifetimeMs })
    return started
  }

  async begin(context: Context, input: ConnectionInput): Promise<Begun> {
    return (await this.#ask({ do: 'begin', context, input })) as Begun
  }

  /** The id of the connected credential. @throws Refused with the manager's code */
  async resume(context: Context, callback: string, browserBinding: string | undefined): Promise<string> {
    return (await this.#ask({ do: 'resume', context, callback, browserBinding })) as string
  }

  /** The id of the connected credential, once the person is done. @throws Refused with the manager's code */
  async wait(context: Context, begun: Begun): Promise<string> {
    return (await this.#ask({ do: 'wait', context, begun })) as string
  }

  async token(context: Context, id: string): Promise<string> {
    return (await this.#ask({ do: 'token', context, id })) as string
  }

  async describe(context: Context, id: string): Promise<CredentialDescription> {
    return (await this.#ask({ do: 'describe', context, id })) as CredentialDescription
  }

  /** What was audited of a tenant's flows. */
  async events(tenantId: string): Promise<readonly AuditEvent[]> {
    return (await this.#ask({ do: 'events', tenantId })) as AuditEvent[]
  }

  /** Ends it by `kill -9`, whatever it does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  /** Closes its manager and ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    await this.#ask({ do: 'close' })
    this.#child.disconnect()
    await this.#ended
  }

  async #ask(request: Request): Promise<unknown> {
    const answered = once(this.#child, 'message')
    this.#child.send(request)
    const [answer] = (await Promise.race([answered, this.#ended.then(() => [endedEarly])])) as [Answer]
    if ('error' in answer) throw new Refused(answer.error)
    return answer.value
  }
}

const endedEarly: Answer = { error: { code: 'ENDED', message: 'The process has ended' } }
