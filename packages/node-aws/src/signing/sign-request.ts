import type { Secret } from '@nebula-credential/core'
import { SignatureV4 } from '@smithy/signature-v4'
import type { HttpRequest, QueryParameterBag } from '@smithy/types'
import { NodeSha256 } from './node-sha256.ts'

/** What signs: a key and what it signs for. */
export interface SigningKey {
  readonly accessKeyId: string
  readonly secretAccessKey: Secret
  readonly sessionToken?: Secret | undefined
}

export interface SigningScope {
  /** The service's signing name: `s3`, `sts`, `execute-api`. */
  readonly service: string
  readonly region: string
  /** The time of the signature, in epoch ms. */
  readonly now: number
}

/**
 * How the body is covered. `hashed`: it is read once, and its SHA-256 is signed; a body whose hash is in the request's
 * `x-amz-content-sha256` is not read. `unsigned`: it is not covered; S3 takes that over https.
 */
export type PayloadSigning = 'hashed' | 'unsigned'

const contentHashHeader = 'x-amz-content-sha256'
const unsignedPayload = 'UNSIGNED-PAYLOAD'

/** A copy of the request, signed in its headers. Takes over the request's body. */
export async function signRequest(
  request: Request,
  key: SigningKey,
  scope: SigningScope,
  payload: PayloadSigning,
): Promise<Request> {
  const headers = new Headers(request.headers)
  if (payload === 'unsigned') headers.set(contentHashHeader, unsignedPayload)
  const body = headers.has(contentHashHeader) ? undefined : new Uint8Array(await request.arrayBuffer())
  const signed = await signerOf(key, scope).sign(describe(request, headers, body), {
    signingDate: new Date(scope.now),
  })
  return new Request(urlOf(request, signed.query), {
    method: request.method,
    headers: sentHeaders(signed.headers),
    body: body === undefined ? request.body : body.byteLength === 0 ? null : body,
    redirect: request.redirect,
    signal: request.signal,
    ...(body === undefined && request.body !== null && { duplex: 'half' as const }),
  })
}

/** A copy of the request, signed in its URL, which may be used until it expires by whoever has it. The body is not covered. */
export async function presignRequest(
  request: Request,
  key: SigningKey,
  scope: SigningScope,
  expiresInSeconds: number,
): Promise<Request> {
  const headers = new Headers(request.headers)
  const described = describe(request, headers, undefined)
  // A presigned request of S3 covers no body; other services hash the empty one.
  const covered = isObjectStore(scope.service)
    ? { ...described, headers: { ...described.headers, [contentHashHeader]: unsignedPayload } }
    : described
  const signed = await signerOf(key, scope).presign(covered, {
    signingDate: new Date(scope.now),
    expiresIn: expiresInSeconds,
    unsignableHeaders: new Set([contentHashHeader]),
    // Whoever uses the URL must send these headers; hoisted ones would come from the URL alone.
    unhoistableHeaders: new Set([...headers.keys(), contentHashHeader]),
  })
  return new Request(urlOf(request, signed.query), {
    method: request.method,
    headers,
    body: request.body,
    redirect: request.redirect,
    signal: request.signal,
    ...(request.body !== null && { duplex: 'half' as const }),
  })
}

function signerOf({ accessKeyId, secretAccessKey, sessionToken }: SigningKey, scope: SigningScope) {
  return new SignatureV4({
    service: scope.service,
    region: scope.region,
    credentials: {
      accessKeyId,
      secretAccessKey: secretAccessKey.expose(),
      ...(sessionToken && { sessionToken: sessionToken.expose() }),
    },
    sha256: NodeSha256,
    // S3 alone takes the path as it is sent, and wants the hash of the body in a header.
    uriEscapePath: !isObjectStore(scope.service),
    applyChecksum: isObjectStore(scope.service),
  })
}

function isObjectStore(service: string): boolean {
  return /^s3(-|express|$)/.test(service)
}

/** The request in the signer's terms. */
function describe(request: Request, headers: Headers, body: Uint8Array | undefined): HttpRequest {
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

function queryOf(parameters: URLSearchParams): QueryParameterBag {
  const query: QueryParameterBag = {}
  for (const name of new Set(parameters.keys())) {
    const values = parameters.getAll(name)
    query[name] = values.length === 1 ? (values[0] as string) : values
  }
  return query
}

/** The URL with the query spelled as it was signed: RFC 3986, a space as %20. */
function urlOf(request: Request, query: QueryParameterBag = {}): URL {
  const url = new URL(request.url)
  url.search = Object.entries(query)
    .flatMap(([name, values]) =>
      [values ?? ''].flat().map(value => `${percentEncoded(name)}=${percentEncoded(value)}`),
    )
    .join('&')
  return url
}

function percentEncoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** All but the host, which fetch sends itself. */
function sentHeaders({ host: _host, ...headers }: Record<string, string>): Record<string, string> {
  return headers
}
