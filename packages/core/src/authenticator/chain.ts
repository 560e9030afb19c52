import type { AccessToken } from '../credential/token-kind.ts'
import type { TokenSource } from '../credential/token-source.ts'
import { authenticateWith, type TargetArgument } from './authenticate-with.ts'
import type { ClientAuthenticator } from './client-authenticator.ts'

/** One step of a chain: an authenticator with a credential of its own. */
export interface Link<Target, Client> {
  authenticate(target: Target): Promise<Client>
}

/** Ties an authenticator to its token or token source; a token of another kind does not compile. */
export function link<Target, Client, Token extends AccessToken>(
  authenticator: ClientAuthenticator<Target, Client, Token>,
  credential: Token | TokenSource<Token>,
): Link<Target, Client> {
  return {
    authenticate: target =>
      authenticateWith(authenticator, credential, ...([target] as unknown as TargetArgument<Target>)),
  }
}

/**
 * Runs links in order: the output of one is the target of the next.
 *
 * @example
 * const signed = await chain(link(httpBearer, user), link(apiKeyHeader, app)).authenticate(new Request(url))
 */
export function chain<A, B>(first: Link<A, B>): Link<A, B>
export function chain<A, B, C>(first: Link<A, B>, second: Link<B, C>): Link<A, C>
export function chain<A, B, C, D>(first: Link<A, B>, second: Link<B, C>, third: Link<C, D>): Link<A, D>
export function chain<A, B, C, D, E>(
  first: Link<A, B>,
  second: Link<B, C>,
  third: Link<C, D>,
  fourth: Link<D, E>,
): Link<A, E>
export function chain(...links: readonly Link<unknown, unknown>[]): Link<unknown, unknown> {
  return {
    async authenticate(target) {
      let current = target
      for (const step of links) current = await step.authenticate(current)
      return current
    },
  }
}
