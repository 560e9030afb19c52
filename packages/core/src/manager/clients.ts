import { authenticateWith, checkKind, type TargetArgument } from '../authenticator/authenticate-with.ts'
import type { ClientAuthenticator } from '../authenticator/client-authenticator.ts'
import type { AccessToken } from '../credential/token-kind.ts'
import type { TokenSource } from '../credential/token-source.ts'

interface KeptClient {
  /** The token's generation; for a live client, which outlives its token, what else it is built on. */
  readonly builtOn: number | string | undefined
  readonly client: Promise<unknown>
}

type AnyAuthenticator = ClientAuthenticator<never, unknown, never>

const maxKept = 1_000

/**
 * The clients that a view made, so that asking again yields the same one: a live client until what it is built on
 * changes, any other until its credential's generation does.
 */
export class Clients {
  // By authenticator, which a program may make anew for each call: then its client goes with it.
  readonly #kept = new Map<string, WeakMap<AnyAuthenticator, KeptClient>>()

  /** The client of a credential. Only clients that are made from nothing are kept. */
  async get<Target, Client, Token extends AccessToken>(
    id: string,
    authenticator: ClientAuthenticator<Target, Client, Token>,
    source: TokenSource<Token>,
    target: TargetArgument<Target>,
  ): Promise<Client> {
    // Also for a live client: it shows at once whether the credential may be used.
    const token = checkKind(authenticator, await source.getToken())
    const make = () => authenticateWith(authenticator, authenticator.live ? source : token, ...target)
    if (target.length > 0) return make()

    const builtOn = authenticator.live ? authenticator.builtOn?.(token) : token.generation
    const ofCredential = this.#of(id)
    const kept = ofCredential.get(authenticator as AnyAuthenticator)
    if (kept !== undefined && kept.builtOn === builtOn) return kept.client as Promise<Client>
    const client = make()
    ofCredential.set(authenticator as AnyAuthenticator, { builtOn, client })
    client.catch(() => ofCredential.delete(authenticator as AnyAuthenticator))
    return client
  }

  #of(id: string): WeakMap<AnyAuthenticator, KeptClient> {
    let ofCredential = this.#kept.get(id)
    if (ofCredential === undefined) {
      if (this.#kept.size >= maxKept) this.#kept.delete(this.#kept.keys().next().value as string)
      ofCredential = new WeakMap()
      this.#kept.set(id, ofCredential)
    }
    return ofCredential
  }
}
