import type { z } from 'zod'
import type { ClientAuthenticator } from '../authenticator/client-authenticator.ts'
import type { AnyCredential, GivenOf, TokenOfCredential } from '../credential/credential.ts'
import type { AccessToken, TokenKind } from '../credential/token-kind.ts'
import { CredentialError } from '../errors.ts'
import type { CredentialId } from '../record/ids.ts'

/** A credential that an action needs: of which types it may be, and the client that is made of it. */
export interface Need<Token extends AccessToken = AccessToken, Given = unknown, Client = unknown> {
  readonly types: readonly AnyCredential[]
  /** The kind of token that makes credentials of any other type do, too. */
  readonly kind?: Token['kind'] | undefined
  readonly authenticator: ClientAuthenticator<void, Client, Token>
  /** What an id must promise; never set. */
  readonly id?: CredentialId<Token, Given> | undefined
}

/** What an action needs, by the names it uses. */
// biome-ignore lint/suspicious/noExplicitAny: each need has types of its own
export type Needs = Readonly<Record<string, Need<any, any, any>>>

/** The clients that an action gets. */
export type ClientsOf<N extends Needs> = {
  readonly [Name in keyof N]: N[Name] extends Need<infer _T, infer _G, infer Client> ? Client : never
}

/** The credentials that a caller names; an id of another type does not compile. */
export type IdsOf<N extends Needs> = {
  readonly [Name in keyof N]: NonNullable<N[Name]['id']>
}

/** What an action knows about its run. */
export interface ActionContext {
  /** Aborts when the caller gives up, the time is over, or the manager closes. */
  readonly signal: AbortSignal
  /** The builder's `withFetch`, for actions without an SDK; undefined means the guarded fetch of `@nebula-credential/outbound`. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** What {@link defineAction} takes; everything else is inferred from the schemas. */
export interface ActionDefinition<
  N extends Needs,
  InputSchema extends z.ZodType,
  OutputSchema extends z.ZodType,
> {
  /** Service and deed, `chat.send_message`: stands in errors and in the audit. */
  readonly name: string
  readonly credentials: N
  readonly input: InputSchema
  readonly output: OutputSchema
  /** How long a run may take, in milliseconds. Default 60,000. */
  readonly timeoutMs?: number
  run(
    clients: ClientsOf<N>,
    input: z.output<InputSchema>,
    context: ActionContext,
  ): z.input<OutputSchema> | Promise<z.input<OutputSchema>>
}

/** A unit of work that gets its clients injected. Made with {@link defineAction}, run by a view. */
export interface Action<N extends Needs = Needs, Given = unknown, Output = unknown> {
  readonly name: string
  readonly credentials: N
  readonly input: z.ZodType<unknown, Given>
  readonly output: z.ZodType<Output>
  readonly timeoutMs: number
  run(clients: ClientsOf<N>, input: unknown, context: ActionContext): unknown
}

export const defaultActionTimeoutMs = 60_000
const namePattern = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/
// A longer timer fires at once.
const largestTimer = 2 ** 31 - 1

/**
 * Says that an action needs a credential, of one of some types, as the client that an authenticator makes of it.
 *
 * @example
 * defineAction({ credentials: { bot: needs(chatBot, chatApi) }, ... })
 */
export function needs<C extends AnyCredential, Client>(
  types: C | readonly C[],
  authenticator: ClientAuthenticator<void, Client, TokenOfCredential<C>>,
): Need<TokenOfCredential<C>, GivenOf<C>, Client> {
  return { types: Array.isArray(types) ? types : [types as C], authenticator }
}

/**
 * Says that an action needs a credential of any type whose token is of one kind, such as the types that programs define
 * by a node's factory. `known` are the types that a manager need not have been told of.
 *
 * @example
 * defineAction({ credentials: { cloud: needsToken(cloudToken, cloudFetch, [cloudKey]) }, ... })
 */
export function needsToken<Token extends AccessToken, Client>(
  { kind }: TokenKind<Token>,
  authenticator: ClientAuthenticator<void, Client, Token>,
  known: readonly AnyCredential[] = [],
): Need<Token, unknown, Client> {
  return { types: known, kind, authenticator }
}

/**
 * Makes an action: it declares the credentials that it needs and what goes in and out, and is given clients that work.
 *
 * @throws CredentialError CONFIG_INVALID when its name or its time is malformed
 * @example
 * export const greet = defineAction({
 *   name: 'chat.greet',
 *   credentials: { bot: needs(chatBot, chatApi) },
 *   input: z.object({ name: z.string() }),
 *   output: z.object({ messageId: z.number() }),
 *   run: ({ bot }, { name }, { signal }) => bot.send(`Hello, ${name}`, { signal }),
 * })
 * await acme.run(greet, { bot: id }, { name: 'Ada' })
 */
export function defineAction<
  const N extends Needs,
  InputSchema extends z.ZodType,
  OutputSchema extends z.ZodType,
>(
  definition: ActionDefinition<N, InputSchema, OutputSchema>,
): Action<N, z.input<InputSchema>, z.output<OutputSchema>> {
  const timeoutMs = definition.timeoutMs ?? defaultActionTimeoutMs
  assertAction(definition.name, timeoutMs)
  return Object.freeze({ ...definition, timeoutMs }) as never
}

/** @throws CredentialError CONFIG_INVALID */
export function assertAction(name: string, timeoutMs: number): void {
  if (!namePattern.test(name)) {
    throw new CredentialError(
      'CONFIG_INVALID',
      `Action "${name}" must be named by its service and deed, in lower case: chat.send_message`,
    )
  }
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > largestTimer) {
    throw new CredentialError(
      'CONFIG_INVALID',
      `The timeoutMs of action "${name}" must be a whole number from 1 to ${largestTimer}`,
    )
  }
}
