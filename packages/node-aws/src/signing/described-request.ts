import type { HttpRequest, QueryParameterBag } from '@smithy/types'

/** The request in the signer's terms. */
export function describedRequest(
  request: Request,
  headers: Headers,
  body: Uint8Array | undefined,
): HttpRequest {
  const url = new URL(request.url)
  return {
    method: request.method,
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port !== '' && { port: Number(url.port) }),
    path: url.pathname,
    query: queryOf(url.searchParams),
    headers: { ...Object.fromEntries(headers), host: url.host },
    body,
  }
}

/** The request's URL, spelled as it was signed: RFC 3986, a space as %20. */
export function urlAsSigned(request: Request, { path, query = {} }: HttpRequest): URL {
  const url = new URL(request.url)
  url.pathname = path
  url.search = Object.entries(query)
    .flatMap(([name, values]) =>
      [values ?? ''].flat().map(value => `${percentEncoded(name)}=${percentEncoded(value)}`),
    )
    .join('&')
  return url
}

function queryOf(parameters: URLSearchParams): QueryParameterBag {
  const query: QueryParameterBag = {}
  for (const name of new Set(parameters.keys())) {
    const values = parameters.getAll(name)
    query[name] = values.length === 1 ? (values[0] as string) : values
  }
  return query
}

/** The one spelling of a path that S3 checks: all but unreserved characters are encoded, `$` as `%24`. */
export function objectStorePath(path: string): string {
  return path
    .split('/')
    .map(part => percentEncoded(decoded(part)))
    .join('/')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // A percent sign that begins no sequence means itself.
    return part
  }
}

function percentEncoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
