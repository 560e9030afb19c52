import type { ProviderFailure } from '../credential/provider-failure.ts'
import type { AccessToken } from '../credential/token-kind.ts'
import type { TokenSource } from '../credential/token-source.ts'
import type { CredentialError } from '../errors.ts'

/**
 * Turns a target and an access token into an authenticated thing: a request with its header, an SDK client.
 * The token's kind is part of the type: a token of another kind does not compile.
 */
export type ClientAuthenticator<Target, Client, Token extends AccessToken> =
  | SnapshotAuthenticator<Target, Client, Token>
  | LiveAuthenticator<Target, Client, Token>

/** What both kinds of authenticator have. */
interface NamedAuthenticator<Token extends AccessToken> {
  /** Names the authenticator in errors and in the audit. */
  readonly name: string
  readonly kind: Token['kind']
  /**
   * What an error that the client threw says about the credential and its service. Undefined when it is not one of
   * the client's own. Must carry nothing secret, not in its cause either.
   */
  explain?(error: unknown): ProviderFailure | CredentialError | undefined
}

/** Puts one token into a client, which goes stale with it. */
export interface SnapshotAuthenticator<Target, Client, Token extends AccessToken>
  extends NamedAuthenticator<Token> {
  readonly live?: false
  authenticate(target: Target, token: Token): Client | Promise<Client>
}

/** Puts a source of tokens into a client, which therefore never goes stale. */
export interface LiveAuthenticator<Target, Client, Token extends AccessToken>
  extends NamedAuthenticator<Token> {
  readonly live: true
  /**
   * What of a token its client is built on for good, such as the server's address: `client()` makes another client
   * when it changes. Never a secret. Default: nothing.
   */
  builtOn?(token: Token): string
  authenticate(target: Target, source: TokenSource<Token>): Client | Promise<Client>
}
