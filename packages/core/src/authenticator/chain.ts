import type { AccessToken } from '../credential/token-kind.ts'
import type { TokenRequest, TokenSource } from '../credential/token-source.ts'
import { authenticateWith, isTokenSource, type TargetArgument } from './authenticate-with.ts'
import type { ClientAuthenticator } from './client-authenticator.ts'

/** One step of a chain: an authenticator with a credential of its own. */
export interface Link<Target, Client> {
  authenticate(target: Target): Promise<Client>
  /** As `authenticate`, for a caller who learns whether the service accepts what comes of it. */
  use(target: Target): Promise<LinkUse<Client>>
}

/** What a link made, and the way to say that it was refused. */
export interface LinkUse<Client> {
  readonly client: Client
  /**
   * Says that the service refused it. Whether there is something newer to try with, or the same again after a while.
   * @throws CredentialError REAUTHORIZATION_REQUIRED, PROVIDER_REJECTED, PROVIDER_UNAVAILABLE
   */
  rejected(): Promise<boolean>
}

/** Ties an authenticator to its token or token source; a token of another kind does not compile. */
export function link<Target, Client, Token extends AccessToken>(
  authenticator: ClientAuthenticator<Target, Client, Token>,
  credential: Token | TokenSource<Token>,
): Link<Target, Client> {
  const authenticate = (target: Target, from: Token | TokenSource<Token>) =>
    authenticateWith(authenticator, from, ...([target] as unknown as TargetArgument<Target>))
  return {
    authenticate: target => authenticate(target, credential),
    async use(target) {
      if (!isTokenSource(credential)) {
        return { client: await authenticate(target, credential), rejected: async () => false }
      }
      const watched = new WatchedSource(credential)
      return { client: await authenticate(target, watched), rejected: () => watched.rejected() }
    },
  }
}

/** Remembers which token it handed out. */
class WatchedSource<Token extends AccessToken> implements TokenSource<Token> {
  readonly #source: TokenSource<Token>
  #last: Token | undefined

  constructor(source: TokenSource<Token>) {
    this.#source = source
  }

  async getToken(request?: TokenRequest): Promise<Token> {
    this.#last = await this.#source.getToken(request)
    return this.#last
  }

  reportRejected(token: Token): Promise<Token> {
    return this.#source.reportRejected(token)
  }

  async rejected(): Promise<boolean> {
    if (this.#last === undefined) return false
    const next = await this.#source.reportRejected(this.#last)
    // The same token again is worth a try only where it is so new that its service may not know it yet.
    return next.generation !== this.#last.generation || next.obtainedAt !== undefined
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
    async use(target) {
      const uses: LinkUse<unknown>[] = []
      for (const step of links) uses.push(await step.use(uses.length === 0 ? target : uses.at(-1)?.client))
      return { client: uses.at(-1)?.client, rejected: () => anyRenewed(uses) }
    },
  }
}

/** A refusal does not say which of several credentials it means, so each is told. */
async function anyRenewed(uses: readonly LinkUse<unknown>[]): Promise<boolean> {
  const told = await Promise.allSettled(uses.map(use => use.rejected()))
  if (told.some(result => result.status === 'fulfilled' && result.value)) return true
  const failed = told.find(result => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return false
}
