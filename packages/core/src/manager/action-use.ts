import type { z } from 'zod'
import type { ActionContext, ClientsOf, Need, Needs } from '../action/define-action.ts'
import type { ClientAuthenticator } from '../authenticator/client-authenticator.ts'
import { ProviderFailure } from '../credential/provider-failure.ts'
import type { AccessToken } from '../credential/token-kind.ts'
import { CredentialError, isCredentialError } from '../errors.ts'
import { parseCredentialId, typeOfId } from '../record/ids.ts'
import { callError, statedError } from './call-error.ts'
import { parseGiven } from './parse-input.ts'
import { auditEvent, type BoundContext, type Runtime } from './runtime.ts'
import { getToken } from './token/get-token.ts'
import { reportRejected } from './token/report-rejected.ts'

/** What runs and streams of actions have in common. */
interface AnyAction {
  readonly name: string
  readonly credentials: Needs
  readonly input: z.ZodType
  readonly timeoutMs: number
}

/** Makes or finds a credential's client. */
export type ClientOf = (
  id: string,
  authenticator: ClientAuthenticator<void, unknown, AccessToken>,
) => Promise<unknown>

/** How an action is asked for. */
export interface Request {
  readonly runtime: Runtime
  readonly context: BoundContext
  readonly clientOf: ClientOf
  readonly ids: Readonly<Record<string, string>>
  readonly input: unknown
  readonly signal: AbortSignal | undefined
}

interface UsedCredential {
  readonly id: string
  readonly token: AccessToken
  readonly need: Need
}

/** One use of credentials by an action: its clients and input, its time, what its errors mean, its audit events. */
export class ActionUse {
  readonly clients: ClientsOf<Needs>
  readonly input: unknown
  readonly signal: AbortSignal
  readonly #request: Request
  readonly #action: AnyAction
  readonly #used: readonly UsedCredential[]
  readonly #ending = new AbortController()
  readonly #onClose = () => this.#record('failure', 'CLOSED')
  #recorded = false

  private constructor(
    request: Request,
    action: AnyAction,
    input: unknown,
    used: readonly UsedCredential[],
    clients: ClientsOf<Needs>,
  ) {
    const { signal, runtime } = request
    this.#request = request
    this.#action = action
    this.#used = used
    this.input = input
    this.clients = clients
    this.signal = AbortSignal.any([
      this.#ending.signal,
      runtime.closed,
      ...(signal === undefined ? [] : [signal]),
    ])
    runtime.closed.addEventListener('abort', this.#onClose, { once: true })
  }

  /**
   * Checks the input and gets the clients.
   * @throws CredentialError INPUT_INVALID, CONFIG_INVALID, TYPE_MISMATCH; as getToken of the credentials
   */
  static async begin(request: Request, action: AnyAction): Promise<ActionUse> {
    const input = await parseGiven(action.input, `The input of action ${action.name}`, request.input)
    request.signal?.throwIfAborted()
    const needed = Object.entries(action.credentials).map(([name, need]) => {
      for (const definition of need.types) request.runtime.registry.register(definition)
      return { name, need, id: checkedId(request, action, name, need) }
    })
    const used = await Promise.all(needed.map(credential => withClient(request, credential)))
    const clients = Object.fromEntries(used.map(({ name, client }) => [name, client]))
    return new ActionUse(request, action, input, used, clients)
  }

  get context(): ActionContext {
    return { signal: this.signal, fetch: this.#request.runtime.fetch }
  }

  /** The outcome of a part of the work, within the time it may take and while somebody wants it. */
  async within<T>(work: () => T | Promise<T>): Promise<T> {
    this.signal.throwIfAborted()
    const { runtime } = this.#request
    const { name, timeoutMs } = this.#action
    const done = new AbortController()
    const limit = runtime.clock.sleep(timeoutMs, AbortSignal.any([done.signal, this.signal])).then(() => {
      const error = new CredentialError(
        'PROVIDER_UNAVAILABLE',
        `Action ${name} had no result within ${timeoutMs} ms; what it asked for may have been carried out`,
      )
      this.#ending.abort(error)
      throw error
    })
    try {
      return await Promise.race([work(), limit])
    } finally {
      done.abort()
      limit.catch(() => {})
    }
  }

  succeeded(): void {
    this.#record('success')
  }

  /** Ends the work early, because nobody wants more of it. */
  abandoned(): void {
    if (!this.#recorded) this.#ending.abort()
    this.#record('success')
  }

  /** What an error means that ended the work. */
  async failed(error: unknown): Promise<unknown> {
    const meaning = await this.#meaning(error)
    this.#record('failure', isCredentialError(meaning) ? meaning.code : undefined)
    return meaning
  }

  async #meaning(error: unknown): Promise<unknown> {
    if (this.#request.runtime.closed.aborted) {
      return new CredentialError('CLOSED', `The manager was closed while action ${this.#action.name} ran`)
    }
    if (this.signal.aborted) return this.signal.reason
    const stated = statedError(error)
    if (stated !== undefined) return stated
    const explained = this.#used.flatMap(used => {
      const meaning = error instanceof ProviderFailure ? error : used.need.authenticator.explain?.(error)
      return meaning === undefined ? [] : [{ used, meaning }]
    })
    const [first, ...others] = explained
    if (first === undefined) return error
    // Two clients of one kind: nothing says whose error it is.
    const { used, meaning } = others.length === 0 ? first : { ...first, used: undefined }
    if (meaning instanceof ProviderFailure && meaning.kind === 'terminal' && used !== undefined) {
      return this.#refused(used, meaning)
    }
    return callError(this.#action.name, meaning, used?.id)
  }

  /** A token that the service refused is replaced where it can be, so that the next run has a good one. */
  async #refused({ id, token }: UsedCredential, failure: ProviderFailure): Promise<CredentialError> {
    const { runtime, context } = this.#request
    const { name } = this.#action
    try {
      const next = await reportRejected(runtime, context, id, token)
      if (next.generation === token.generation && next.obtainedAt === undefined) {
        return callError(name, failure, id)
      }
      return new CredentialError(
        'PROVIDER_UNAVAILABLE',
        `Action ${name} failed: the service refused a token of credential ${id} that has been replaced; run it again`,
        { cause: failure, credentialId: id, retryAt: runtime.clock.now() },
      )
    } catch (error) {
      return isCredentialError(error) ? error : callError(name, failure, id)
    }
  }

  #record(outcome: 'success' | 'failure', code?: string): void {
    if (this.#recorded) return
    this.#recorded = true
    const { runtime, context } = this.#request
    runtime.closed.removeEventListener('abort', this.#onClose)
    for (const { id, token } of this.#used) {
      const record = { id: parseCredentialId(id), type: typeOfId(id), generation: token.generation }
      const event = { action: 'credential.use', outcome, usedBy: this.#action.name } as const
      runtime.audit.queue(
        auditEvent(runtime, context, { ...event, ...(code !== undefined && { code }) }, record),
      )
    }
  }
}

/** @throws CredentialError CONFIG_INVALID, INPUT_INVALID, TYPE_MISMATCH */
function checkedId({ ids, runtime }: Request, action: AnyAction, name: string, need: Need): string {
  const id = ids[name]
  if (id === undefined) {
    throw new CredentialError(
      'CONFIG_INVALID',
      `Action ${action.name} needs a credential "${name}"; pass its id`,
    )
  }
  const type = typeOfId(parseCredentialId(id))
  const types = need.types.map(known => known.type)
  if (types.includes(type)) return id
  const { kind } = need
  if (kind !== undefined && runtime.registry.get(type).token.kind === kind) return id
  const wanted = kind === undefined ? `a ${types.join(' or ')}` : `a credential with a token of kind ${kind}`
  throw new CredentialError(
    'TYPE_MISMATCH',
    `Action ${action.name} takes ${wanted} as "${name}"; credential ${id} is none`,
    { credentialId: id },
  )
}

async function withClient<Wanted extends { readonly id: string; readonly need: Need }>(
  { runtime, context, clientOf }: Request,
  wanted: Wanted,
): Promise<Wanted & { readonly token: AccessToken; readonly client: unknown }> {
  const token = await getToken(runtime, context, wanted.id)
  return { ...wanted, token, client: await clientOf(wanted.id, wanted.need.authenticator) }
}
