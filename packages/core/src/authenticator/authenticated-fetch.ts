import type { AccessToken } from '../credential/token-kind.ts'
import type { TokenSource } from '../credential/token-source.ts'
import { type Link, type LinkUse, link } from './chain.ts'
import type { ClientAuthenticator } from './client-authenticator.ts'
import { followRedirect } from './follow-redirect.ts'
import { RepeatableRequest } from './repeatable-request.ts'

export interface AuthenticatedFetchOptions {
  /** What sends the requests. Default: the platform's `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/**
 * A `fetch` that authenticates each request with the token that is valid then. After a 401 it has the token replaced
 * and sends the request once more. Takes an authenticator of requests and the source of its tokens, or a chain.
 *
 * - A redirect is followed with the credential within the origin that was asked, and without it anywhere else.
 * - A stream in `init.body` can be sent only once: a 401 to it is reported, so that the next request works, and
 *   returned. The body of a `Request` is held in memory until the answer is there.
 * - The signal also ends the wait for a token.
 *
 * Rejects, besides as `fetch` does, with what getToken of the credentials throws; after a 401 with
 * REAUTHORIZATION_REQUIRED when the token cannot be replaced; PROVIDER_REJECTED for a redirect that cannot be followed.
 *
 * @example
 * const fetch = authenticatedFetch(acme.tokenSource(id), httpBearer)
 * const both = authenticatedFetch(chain(link(httpBearer, user), link(apiKeyHeader, app)))
 */
export function authenticatedFetch<Token extends AccessToken>(
  source: TokenSource<Token>,
  authenticator: ClientAuthenticator<Request, Request, Token>,
  options?: AuthenticatedFetchOptions,
): typeof globalThis.fetch
export function authenticatedFetch(
  chain: Link<Request, Request>,
  options?: AuthenticatedFetchOptions,
): typeof globalThis.fetch
export function authenticatedFetch(
  sourceOrChain: TokenSource | Link<Request, Request>,
  authenticatorOrOptions?: ClientAuthenticator<Request, Request, AccessToken> | AuthenticatedFetchOptions,
  options?: AuthenticatedFetchOptions,
): typeof globalThis.fetch {
  if ('use' in sourceOrChain) {
    return fetchThrough(sourceOrChain, authenticatorOrOptions as AuthenticatedFetchOptions | undefined)
  }
  const authenticator = authenticatorOrOptions as ClientAuthenticator<Request, Request, AccessToken>
  return fetchThrough(link(authenticator, sourceOrChain), options)
}

function fetchThrough(
  credentials: Link<Request, Request>,
  { fetch = globalThis.fetch }: AuthenticatedFetchOptions = {},
): typeof globalThis.fetch {
  return async (input, init) => {
    let request = RepeatableRequest.from(input, init)
    const { signal } = request
    let trusted = true
    let mayTryAgain = true
    for (let redirects = 0; ; ) {
      signal.throwIfAborted()
      const use = trusted
        ? await whileWanted(signal, credentials.use(request.take()))
        : withoutCredential(request.take())
      const response = await fetch(new Request(use.client, { redirect: 'manual', signal }), { signal })
      if (response.status === 401 && mayTryAgain) {
        mayTryAgain = false
        if (await isWorthAnotherTry(request, use, response)) {
          await response.body?.cancel()
          continue
        }
      }
      const next = followRedirect(request, response, redirects)
      if (next === undefined) return response
      await response.body?.cancel()
      // Once outside the origin, what it redirects back to is not believed either.
      trusted &&= next.origin === request.origin
      request = trusted ? next : next.withoutSecrets()
      redirects++
    }
  }
}

async function isWorthAnotherTry(
  request: RepeatableRequest,
  use: LinkUse<Request>,
  response: Response,
): Promise<boolean> {
  if (!request.isRepeatable) {
    // Its caller gets the answer; what matters is that the next request has a good token.
    await whileWanted(request.signal, use.rejected()).catch(() => undefined)
    return false
  }
  try {
    return await whileWanted(request.signal, use.rejected())
  } catch (error) {
    await response.body?.cancel()
    throw error
  }
}

function withoutCredential(request: Request): LinkUse<Request> {
  return { client: request, rejected: async () => false }
}

/** The promise's outcome, unless the signal aborts first. */
async function whileWanted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const { promise: given, reject } = Promise.withResolvers<never>()
  const giveUp = () => reject(signal.reason)
  if (signal.aborted) giveUp()
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await Promise.race([promise, given])
  } finally {
    signal.removeEventListener('abort', giveUp)
    given.catch(() => {})
  }
}
