import type { z } from 'zod'
import type { CredentialId } from '../record/ids.ts'
import type { AccessToken, TokenFields, TokenKind } from './token-kind.ts'

/**
 * A credential type: what a person supplies, what is kept, and how an access token comes from it.
 * Made with {@link defineCredential}.
 */
export interface Credential<
  Given = unknown,
  Input = unknown,
  State = unknown,
  Token extends AccessToken = AccessToken,
  Type extends string = string,
> {
  readonly type: Type
  /** What a person or program supplies. */
  readonly input: z.ZodType<Input, Given>
  /** The secret material kept, encrypted, at rest. Must encode to JSON. */
  readonly state: z.ZodType<State>
  /** Counts the changes of the state schema. Default 1. */
  readonly stateVersion: number
  /** Steps from older state: the step under `n` turns JSON of version `n` into JSON of version `n + 1`. */
  readonly migrate: Readonly<Record<number, (json: never) => unknown>>
  readonly token: TokenKind<Token>
  /** The first state. May call the service. @throws ProviderFailure */
  initialize(input: Input, environment: CredentialEnvironment): State | Promise<State>
  /** The access token of a state. Pure: no I/O, no clock. */
  access(state: State): TokenFields<Token>
  readonly refresh?: RefreshCapability<State> | undefined
  /**
   * Asks the service, by its cheapest identifying call, whether it accepts the token. `state` is the state that the
   * token comes from, for services that tell only their own client. @throws ProviderFailure
   */
  readonly verify?:
    | ((token: Token, environment: CredentialEnvironment, state: State) => Promise<Verification>)
    | undefined
  /**
   * Tells the service that the credential is given up (RFC 7009).
   * @throws ProviderFailure; CredentialError NOT_SUPPORTED where the service has no way for this one
   */
  readonly revoke?: ((state: State, environment: CredentialEnvironment) => Promise<void>) | undefined
  /** What was asked for and what the provider granted, in its own words, where the state tells. Pure. */
  readonly permissions?: ((state: State) => Permissions | undefined) | undefined
  /**
   * The typed id of a string that comes back from a database.
   * @throws CredentialError INPUT_INVALID when it is not an id; TYPE_MISMATCH when it is another type's
   */
  id(text: string): CredentialId<Token, Given>
}

/** Any credential type. */
// biome-ignore lint/suspicious/noExplicitAny: a definition both takes and returns its state, so only any fits all
export type AnyCredential = Credential<any, any, any, any, string>

/** What a credential type may use while it works for one credential. */
export interface CredentialEnvironment {
  readonly tenantId: string
  readonly credentialId: string
  /** The builder's `withFetch`; undefined means the guarded fetch of `@nebula-credential/outbound`. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Aborts when the manager gives the request up. */
  readonly signal: AbortSignal
  /** The start of the work, in epoch ms: expiry counts from here. */
  readonly startedAt: number
}

/** How a state is renewed. */
export interface RefreshCapability<State> {
  /**
   * Whether the provider may replace the refresh token, so that using an old one twice loses the grant. False only
   * for grants that are safe to repeat (client credentials, JWT bearer, STS).
   */
  readonly rotating: boolean | ((state: State) => boolean)
  /** Whether this state can be refreshed at all. Default: always. */
  readonly supported?: ((state: State) => boolean) | undefined
  /** Names the peer for the circuit breaker: its origin and our client id there. */
  readonly peer?: ((state: State) => string) | undefined
  /** The next state. What the response leaves out keeps its old value. @throws ProviderFailure */
  perform(state: State, environment: CredentialEnvironment): Promise<State>
}

/** What a service said about a credential it accepts. */
export interface Verification {
  /** Whose account this is. Personal data: kept sealed. */
  readonly account?: Account | undefined
  /** What the token may do, in the service's words. */
  readonly granted?: readonly string[] | undefined
}

/** What a credential may do. People can be asked again for what is in `asked` and not in `granted`. */
export interface Permissions {
  readonly asked: readonly string[]
  readonly granted: readonly string[]
}

export interface Account {
  /** The service's stable id of the account. */
  readonly id: string
  /** For people: a user name or an e-mail address. */
  readonly label: string
}

/** A credential type whose creation needs a person. */
export interface InteractiveCredential<
  Given = unknown,
  Input = unknown,
  State = unknown,
  Token extends AccessToken = AccessToken,
  Flow = unknown,
> extends Credential<Given, Input, State, Token> {
  readonly interactive: Interactive<Input, State, Flow>
}

/** Any credential type whose creation needs a person. */
// biome-ignore lint/suspicious/noExplicitAny: a definition both takes and returns its state, so only any fits all
export type AnyInteractive = InteractiveCredential<any, any, any, any, any>

/** How a person is led to a credential. */
export interface Interactive<Input = unknown, State = unknown, Flow = unknown> {
  /** What is kept, encrypted, between the beginning of a flow and its end. Must encode to JSON. */
  readonly flow: z.ZodType<Flow>
  /**
   * What the person is asked to do. The callback must bring `state` back, in a parameter of that name: it finds the
   * flow. @throws ProviderFailure
   */
  begin(
    input: Input,
    request: { readonly state: string },
    environment: CredentialEnvironment,
  ): Promise<BegunInteraction<Flow>>
  /**
   * What a callback completes. Called once a flow, unless it throws a transient failure: then nothing of the callback
   * may have been used up; or INPUT_INVALID: then what the person entered can be corrected.
   * @throws ProviderFailure; CredentialError INPUT_INVALID, ISSUER_MISMATCH, FLOW_FORGED
   */
  resume(
    flow: Flow,
    callback: URLSearchParams,
    environment: CredentialEnvironment,
  ): Promise<Authorized<State>>
  /** Asks whether the person is done, for interactions without a callback. @throws ProviderFailure */
  readonly poll?:
    | ((flow: Flow, environment: CredentialEnvironment) => Promise<Authorized<State> | NotYet>)
    | undefined
}

export interface BegunInteraction<Flow> {
  readonly interaction: Interaction
  readonly flow: Flow
  /** Epoch ms after which the flow cannot end well. Default: the policy's `flowLifetimeMs` from now. */
  readonly expiresAt?: number | undefined
}

/** What a person's consent has yielded. */
export interface Authorized<State> {
  readonly state: State
  /** Whose account it is. Personal data: kept sealed. */
  readonly account?: Account | undefined
}

/** The person is not done; ask again after so many milliseconds. */
export interface NotYet {
  readonly retryAfterMs: number
  /** How much longer to wait before this and every further question. */
  readonly slowerByMs?: number | undefined
}

/** A step that needs a person. */
export type Interaction =
  | {
      readonly kind: 'redirect'
      readonly url: string
      /** Until when the URL can be visited, in epoch ms, where the provider says: maybe sooner than the flow ends. */
      readonly expiresAt?: number | undefined
    }
  | {
      /** RFC 8628. */
      readonly kind: 'device_code'
      readonly userCode: string
      readonly verificationUri: string
      readonly verificationUriComplete?: string | undefined
      readonly intervalMs: number
      readonly expiresAt: number
    }
  | { readonly kind: 'form'; readonly fields: readonly { readonly name: string; readonly secret: boolean }[] }

/** A credential type whose secret can be replaced while the old one still works. */
export interface RotatableCredential<
  Given = unknown,
  Input = unknown,
  State = unknown,
  Token extends AccessToken = AccessToken,
> extends Credential<Given, Input, State, Token> {
  readonly rotation: {
    /** Creates the next secret beside the current one. @throws ProviderFailure */
    create(current: State, environment: CredentialEnvironment): Promise<State>
    /** Ends a secret that is no longer in force. @throws ProviderFailure */
    retire(old: State, environment: CredentialEnvironment): Promise<void>
  }
}

/** The input of a credential type, as a caller passes it. */
export type GivenOf<C> = C extends Credential<infer Given, infer _I, infer _S, infer _T> ? Given : never
/** The access token of a credential type. */
export type TokenOfCredential<C> =
  C extends Credential<infer _G, infer _I, infer _S, infer Token> ? Token : never
