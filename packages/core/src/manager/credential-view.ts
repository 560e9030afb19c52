import type { Action, IdsOf, Needs } from '../action/define-action.ts'
import type { StreamAction } from '../action/define-stream.ts'
import type { TargetArgument } from '../authenticator/authenticate-with.ts'
import type { ClientAuthenticator } from '../authenticator/client-authenticator.ts'
import type { Clock } from '../clock.ts'
import type {
  AnyCredential,
  Credential,
  GivenOf,
  InteractiveCredential,
  TokenOfCredential,
} from '../credential/credential.ts'
import type { AccessToken } from '../credential/token-kind.ts'
import type { TokenRequest, TokenSource } from '../credential/token-source.ts'
import { CredentialError } from '../errors.ts'
import type { CredentialId } from '../record/ids.ts'
import type { Request } from './action-use.ts'
import {
  type Authorization,
  type AuthorizationOptions,
  beginAuthorization,
} from './authorization/begin-authorization.ts'
import { resumeAuthorization } from './authorization/resume-authorization.ts'
import { waitForAuthorization } from './authorization/wait-for-authorization.ts'
import { Clients } from './clients.ts'
import { type CreateOptions, createCredential } from './lifecycle/create-credential.ts'
import { deleteCredential } from './lifecycle/delete-credential.ts'
import { type CredentialDescription, describeCredential } from './lifecycle/describe-credential.ts'
import { type CredentialPage, type ListOptions, listCredentials } from './lifecycle/list-credentials.ts'
import { type RevokeReport, revokeCredential } from './lifecycle/revoke-credential.ts'
import { type UpdateChanges, updateCredential } from './lifecycle/update-credential.ts'
import { type VerificationReport, verifyCredential } from './lifecycle/verify-credential.ts'
import { type RunOptions, runAction, streamAction } from './run-action.ts'
import type { BoundContext, Runtime } from './runtime.ts'
import { getToken } from './token/get-token.ts'
import type { HotCache, HotEntry } from './token/hot-cache.ts'
import { forceRefresh, reportRejected } from './token/report-rejected.ts'

/** The token that an id promises: the base type where its type is not known. */
export type TokenOfId<Token> = Token extends AccessToken ? Token : AccessToken

/**
 * The credentials that one context may use, and all that can be done with them. Every call checks the scope first:
 * what the context may not use does not exist for it (CREDENTIAL_NOT_FOUND).
 */
export class CredentialView<Known extends AnyCredential = never> {
  readonly #runtime: Runtime
  readonly #context: BoundContext | undefined
  readonly #clients = new Clients()
  // Taken out of the runtime so that a cache hit reads no further object.
  readonly #hot: HotCache
  readonly #entries: ReadonlyMap<string, HotEntry>
  readonly #clock: Clock

  /** Made by `manager.as`. */
  constructor(runtime: Runtime, context: BoundContext | undefined) {
    this.#runtime = runtime
    this.#context = context
    this.#hot = runtime.hot
    this.#entries = runtime.hot.entries
    this.#clock = runtime.clock
  }

  /**
   * The access token that is valid now, from memory where it stands there, else from the shared cache, the store or
   * the provider. Any number of callers in any number of processes cause one refresh.
   *
   * @throws CredentialError CREDENTIAL_NOT_FOUND; REAUTHORIZATION_REQUIRED when a person must reconnect;
   * PROVIDER_UNAVAILABLE and COOLING_DOWN, with `retryAt`; PROVIDER_REJECTED when the operator must act;
   * STORAGE_UNAVAILABLE; DECRYPTION_FAILED when the record was tampered with
   */
  getToken<Token>(id: CredentialId<Token>, request?: TokenRequest): Promise<TokenOfId<Token>> {
    const entry = this.#entries.get(id)
    if (
      entry !== undefined &&
      request === undefined &&
      entry.allowed === this.#context &&
      this.#clock.now() < entry.freshUntil
    ) {
      if (entry.reads++ === 0) this.#hot.queueReads(entry)
      return entry.promise as Promise<TokenOfId<Token>>
    }
    return this.#getToken(id, request) as Promise<TokenOfId<Token>>
  }

  #getToken(id: string, request: TokenRequest | undefined): Promise<AccessToken> {
    try {
      return getToken(this.#open(), this.#bound(), id, request)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Stores a new credential and returns its id.
   *
   * @throws CredentialError INPUT_INVALID with the paths of the fields; PROVIDER_REJECTED when the provider refuses it
   * @example
   * const id = await acme.createCredential(chatBot, { botToken }, { name: 'Support bot' })
   */
  createCredential<Given, Token extends AccessToken>(
    // biome-ignore lint/suspicious/noExplicitAny: a definition both takes and returns its state
    definition: Credential<Given, any, any, Token>,
    input: NoInfer<Given>,
    options?: CreateOptions,
  ): Promise<CredentialId<Token, Given>>
  createCredential<Type extends Known['type']>(
    type: Type,
    input: GivenOf<Extract<Known, { readonly type: Type }>>,
    options?: CreateOptions,
  ): Promise<
    CredentialId<
      TokenOfCredential<Extract<Known, { readonly type: Type }>>,
      GivenOf<Extract<Known, { readonly type: Type }>>
    >
  >
  async createCredential(
    typeOrDefinition: AnyCredential | string,
    input: unknown,
    options?: CreateOptions,
  ): Promise<CredentialId> {
    const { registry } = this.#open()
    if (typeof typeOrDefinition !== 'string') registry.register(typeOrDefinition)
    const definition =
      typeof typeOrDefinition === 'string' ? registry.get(typeOrDefinition) : typeOrDefinition
    return createCredential(this.#runtime, this.#bound(), definition, input, options)
  }

  /**
   * Begins a connection that needs a person: a page to visit, or a code to enter on another device. Send them there, and
   * keep `browserBinding` in their browser; `reconnect` connects an existing credential again, which keeps its id.
   *
   * @throws CredentialError INPUT_INVALID; NOT_SUPPORTED for a type that needs no person; PROVIDER_REJECTED;
   * PROVIDER_UNAVAILABLE; for a reconnect CREDENTIAL_NOT_FOUND, and ILLEGAL_TRANSITION when it is revoked
   * @example
   * const begun = await acme.beginAuthorization(mailbox, { client, redirectUri }, { name: 'Mail of Ada' })
   * if (begun.interaction.kind === 'redirect') response.redirect(begun.interaction.url)
   */
  async beginAuthorization<Given, Token extends AccessToken>(
    // biome-ignore lint/suspicious/noExplicitAny: a definition both takes and returns its state
    definition: InteractiveCredential<Given, any, any, Token, any>,
    input: NoInfer<Given>,
    options?: AuthorizationOptions<Token, Given>,
  ): Promise<Authorization<Token, Given>> {
    const runtime = this.#open()
    runtime.registry.register(definition)
    const begun = await beginAuthorization(runtime, this.#bound(), definition, input, options)
    return begun as Authorization<Token, Given>
  }

  /**
   * Completes a connection with the callback that the person's browser made: its URL, or the parameters that it
   * posted. Works in any process, in the context that began it, once. A definition makes the id typed.
   *
   * @throws CredentialError FLOW_FORGED when this browser or context did not begin it; FLOW_REPLAYED; FLOW_EXPIRED;
   * ISSUER_MISMATCH; REAUTHORIZATION_REQUIRED when the person or the provider said no; PROVIDER_REJECTED;
   * PROVIDER_UNAVAILABLE when the same callback may be tried again; INPUT_INVALID when the person may correct what they
   * entered; ACCOUNT_MISMATCH on a reconnect
   * @example
   * const id = await acme.resumeAuthorization(request.url, { browserBinding: cookie })
   */
  async resumeAuthorization<Token = unknown, Given = unknown>(
    callback: string | URL | URLSearchParams,
    options: {
      readonly browserBinding: string | undefined
      // biome-ignore lint/suspicious/noExplicitAny: a definition both takes and returns its state
      readonly definition?: Credential<Given, any, any, Extract<Token, AccessToken>> | undefined
    },
  ): Promise<CredentialId<Token, Given>> {
    const runtime = this.#open()
    const { definition, browserBinding } = options
    if (definition !== undefined) runtime.registry.register(definition)
    const id = await resumeAuthorization(runtime, this.#bound(), callback, browserBinding)
    return (definition === undefined ? id : definition.id(id)) as CredentialId<Token, Given>
  }

  /**
   * Waits until the person is done with an interaction that has no callback, as fast as the provider allows. Any
   * process can wait, also after one that was waiting has ended.
   *
   * @throws CredentialError FLOW_EXPIRED, and what {@link CredentialView.resumeAuthorization} throws; the signal's
   * reason when it aborts, after which waiting again goes on
   */
  async waitForAuthorization<Token, Given>(
    begun: Pick<Authorization<Token, Given>, 'state' | 'browserBinding'> &
      Partial<Pick<Authorization<Token, Given>, 'credentialId'>>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<CredentialId<Token, Given>> {
    const id = await waitForAuthorization(this.#open(), this.#bound(), begun, options.signal)
    return id as CredentialId<Token, Given>
  }

  /** Changes a credential and keeps its id; new input reconnects one that failed. */
  async updateCredential<Given>(
    id: CredentialId<unknown, Given>,
    changes: UpdateChanges<NoInfer<Given>>,
  ): Promise<void> {
    return updateCredential(this.#open(), this.#bound(), id, changes)
  }

  /** Refreshes now, although the token may still be valid and the credential may rest after a failure. */
  async refreshCredential<Token>(
    id: CredentialId<Token>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<TokenOfId<Token>> {
    return (await forceRefresh(this.#open(), this.#bound(), id, options.signal)) as TokenOfId<Token>
  }

  /** Says that the service refused this token (401), and returns the one to use now. */
  async reportRejected<Token>(id: CredentialId<Token>, token: TokenOfId<Token>): Promise<TokenOfId<Token>> {
    return (await reportRejected(this.#open(), this.#bound(), id, token)) as TokenOfId<Token>
  }

  /** Asks the service whether it accepts the credential, and remembers whose account it is. */
  async verifyCredential(id: CredentialId): Promise<VerificationReport> {
    return verifyCredential(this.#open(), this.#bound(), id)
  }

  /** Ends a credential for good, here and at its provider. */
  async revokeCredential(id: CredentialId): Promise<RevokeReport> {
    return revokeCredential(this.#open(), this.#bound(), id)
  }

  /** Deletes a credential here. Its provider is not told: revoke it first where it should be. */
  async deleteCredential(id: CredentialId): Promise<void> {
    return deleteCredential(this.#open(), this.#bound(), id)
  }

  /** What can be said of a credential without its secrets. */
  async describe(id: CredentialId): Promise<CredentialDescription> {
    return describeCredential(this.#open(), this.#bound(), id)
  }

  /** One page of the credentials that this context may use. */
  async list(options?: ListOptions): Promise<CredentialPage> {
    return listCredentials(this.#open(), this.#bound(), options)
  }

  /** Hands out the token that is valid now, for clients that outlive a token. */
  tokenSource<Token>(id: CredentialId<Token>): TokenSource<TokenOfId<Token>> {
    return {
      getToken: request => this.getToken(id, request),
      reportRejected: token => this.reportRejected(id, token),
    }
  }

  /**
   * A client that works. Asking again yields the same client: for good where the authenticator is live, else until
   * the credential's secret changes. A client made from a target is made anew each time.
   *
   * @throws CredentialError as {@link CredentialView.getToken}; TYPE_MISMATCH for a token of another kind
   */
  async client<Target, Client, Token extends AccessToken>(
    id: CredentialId<Token>,
    authenticator: ClientAuthenticator<Target, Client, Token>,
    ...target: TargetArgument<Target>
  ): Promise<Client> {
    const source = this.tokenSource(id) as unknown as TokenSource<Token>
    return this.#clients.get(id, authenticator, source, target)
  }

  /**
   * Runs an action with clients of the credentials named. Every use is audited.
   *
   * @throws CredentialError INPUT_INVALID; TYPE_MISMATCH; as {@link CredentialView.getToken};
   * REAUTHORIZATION_REQUIRED, PROVIDER_REJECTED, PROVIDER_UNAVAILABLE by what the service answered
   * @example
   * const { messageId } = await acme.run(sendMessage, { bot: id }, { chatId, text: 'Done.' })
   */
  async run<N extends Needs, Given, Output>(
    action: Action<N, Given, Output>,
    credentials: IdsOf<N>,
    input: Given,
    options: RunOptions = {},
  ): Promise<Output> {
    const request = this.#request(credentials, input, options)
    return (await runAction(request, action as unknown as Action)) as Output
  }

  /**
   * As {@link CredentialView.run}, for an action whose result comes piece by piece. Nothing happens before the first
   * piece is asked for; whoever stops asking ends the work.
   */
  async *stream<N extends Needs, Given, Chunk>(
    action: StreamAction<N, Given, Chunk>,
    credentials: IdsOf<N>,
    input: Given,
    options: RunOptions = {},
  ): AsyncGenerator<Chunk, void> {
    const request = this.#request(credentials, input, options)
    yield* streamAction(request, action as unknown as StreamAction) as AsyncGenerator<Chunk, void>
  }

  #request(ids: Readonly<Record<string, string>>, input: unknown, { signal }: RunOptions): Request {
    return {
      runtime: this.#open(),
      context: this.#bound(),
      clientOf: (id, authenticator) => this.client(id as CredentialId<AccessToken>, authenticator),
      ids,
      input,
      signal,
    }
  }

  #open(): Runtime {
    if (!this.#runtime.closed.aborted) return this.#runtime
    throw new CredentialError('CLOSED', 'The credential manager is closed; build a new one')
  }

  #bound(): BoundContext {
    if (this.#context !== undefined) return this.#context
    throw new CredentialError(
      'CONFIG_INVALID',
      'No context to work in; use manager.as({ tenantId }), or give the builder a default one by withContext',
    )
  }
}
