import { type JsonObject, parsedObject } from './json-object.ts'

/** How a provider departs from the standards. Data, and small functions over the JSON that it answers. */
export interface Dialect {
  /** What stands between scopes. Default a space, RFC 6749 section 3.3. */
  readonly scopeSeparator?: string | undefined
  /** The parameter of the authorization request that asks for scopes. Default `scope`. */
  readonly scopeParameter?: string | undefined
  /** Sent with every authorization request. */
  readonly authorizationParameters?: Readonly<Record<string, string>> | undefined
  /** Sent with every token request. */
  readonly tokenParameters?: Readonly<Record<string, string>> | undefined
  /** Headers of every token request. */
  readonly tokenHeaders?: Readonly<Record<string, string>> | undefined
  /**
   * Who sends the proof key of RFC 7636. Default all clients; some providers refuse it from those that have a secret,
   * or from all.
   */
  readonly proofKey?: 'all' | 'without secret' | 'none' | undefined
  /** How token requests are encoded. Default `form`, RFC 6749 section 4.1.3. */
  readonly body?: 'form' | 'json' | undefined
  /** The successful or failed answer of the token endpoint in the words of RFC 6749. */
  readonly readTokens?: ((body: JsonObject) => JsonObject) | undefined
  /** Error codes of its own, and the registered ones that they mean. */
  readonly errorCodes?: Readonly<Record<string, string>> | undefined
  /**
   * What else the answer, or the token endpoint's URL, tells of the connection: an address of the account's own, a
   * workspace. Not for secrets.
   */
  readonly details?:
    | ((body: JsonObject, tokenEndpoint: string) => Readonly<Record<string, string>>)
    | undefined
  /**
   * Parameters of the callback that tell of the connection, and become details too. The person's browser brings them,
   * so they prove nothing: use them where the provider holds them against the token.
   */
  readonly callbackDetails?: readonly string[] | undefined
  /** Where refresh tokens go. Default the token endpoint, RFC 6749 section 6. */
  readonly refreshEndpoint?: string | undefined
  /** Whether a token without `expires_in` lasts until it is revoked. Default false: a lifetime is assumed. */
  readonly lastsWithoutExpiry?: boolean | undefined
}

/** An answer in the words of the standards; anything that is no JSON object comes back as it is. */
export async function inStandardWords(
  dialect: Dialect,
  response: Response,
  heard: (body: JsonObject) => void,
): Promise<Response> {
  const text = await response.text()
  const { status, statusText } = response
  const headers = new Headers(response.headers)
  headers.delete('content-length')
  const given = parsedObject(text)
  if (given === undefined) return sameUrl(response, new Response(text, { status, statusText, headers }))
  heard(given)
  const body = standardBody(dialect, dialect.readTokens?.(given) ?? given)
  headers.set('content-type', 'application/json')
  return sameUrl(response, new Response(JSON.stringify(body), { status, statusText, headers }))
}

function standardBody(dialect: Dialect, given: JsonObject): JsonObject {
  // What is null is not there, whatever the library makes of it.
  const body: JsonObject = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))
  const { error, access_token: token, token_type: type, scope } = body
  if (typeof token !== 'string') {
    const meant = typeof error === 'string' ? dialect.errorCodes?.[error] : undefined
    return meant === undefined ? body : { ...body, error: meant }
  }
  const words = Array.isArray(scope) ? scope : String(scope ?? '').split(dialect.scopeSeparator ?? ' ')
  return {
    ...body,
    // Its absence, and names of its own, mean a bearer token wherever we have seen them.
    token_type: typeof type === 'string' && type.toLowerCase() === 'dpop' ? type : 'bearer',
    ...(scope !== undefined && {
      scope: words
        .map(word => String(word).trim())
        .join(' ')
        .trim(),
    }),
  }
}

/** A token request as the provider wants it: with its headers, and as JSON where it takes no forms. */
export function inDialect(init: RequestInit, dialect: Dialect): RequestInit {
  const headers = new Headers(init.headers)
  for (const [name, value] of Object.entries(dialect.tokenHeaders ?? {})) headers.set(name, value)
  if (dialect.body !== 'json') return { ...init, headers }
  headers.set('content-type', 'application/json')
  const fields = Object.fromEntries(new URLSearchParams(String(init.body)))
  return { ...init, headers, body: JSON.stringify(fields) }
}

function sameUrl(from: Response, to: Response): Response {
  return Object.defineProperty(to, 'url', { value: from.url })
}
