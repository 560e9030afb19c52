import type { ApiKeyToken, BasicToken, BearerToken } from '../credential/token-kind.ts'
import { CredentialError } from '../errors.ts'
import type { SnapshotAuthenticator } from './client-authenticator.ts'

/** Sends a bearer token in the Authorization header, RFC 6750 section 2.1. */
export const httpBearer: SnapshotAuthenticator<Request, Request, BearerToken> = {
  name: 'httpBearer',
  kind: 'bearer',
  authenticate: (request, token) => withHeader(request, 'authorization', `Bearer ${token.value.expose()}`),
}

/** Sends an API key where its credential says: a header (default `X-API-Key`) or a query parameter. */
export const apiKeyHeader: SnapshotAuthenticator<Request, Request, ApiKeyToken> = {
  name: 'apiKeyHeader',
  kind: 'api-key',
  authenticate(request, token) {
    const placement = token.placement ?? { in: 'header', name: 'X-API-Key' }
    if (placement.in === 'query') return withQuery(request, placement.name, token.value.expose())
    return withHeader(request, placement.name, `${placement.prefix ?? ''}${token.value.expose()}`)
  },
}

/** Sends a user name and password in the Authorization header, RFC 7617 section 2, in UTF-8. */
export const basicAuth: SnapshotAuthenticator<Request, Request, BasicToken> = {
  name: 'basicAuth',
  kind: 'basic',
  authenticate(request, token) {
    if (token.username.includes(':')) {
      throw new CredentialError(
        'INPUT_INVALID',
        'A user name of Basic authentication must not contain a colon',
      )
    }
    const pair = Buffer.from(`${token.username}:${token.password.expose()}`).toString('base64')
    return withHeader(request, 'authorization', `Basic ${pair}`)
  },
}

function withHeader(request: Request, name: string, value: string): Request {
  const headers = new Headers(request.headers)
  try {
    headers.set(name, value)
  } catch {
    // The platform's message would quote the value.
    throw new CredentialError(
      'INPUT_INVALID',
      `The credential cannot be sent in header "${name}": it has characters that headers do not allow`,
    )
  }
  return new Request(request, { headers })
}

function withQuery(request: Request, name: string, value: string): Request {
  const url = new URL(request.url)
  url.searchParams.set(name, value)
  return new Request(url, request)
}
