import { CredentialError, type Secret } from '@nebula-credential/core'
import { SignatureV4 } from '@smithy/signature-v4'
import type { HttpRequest } from '@smithy/types'
import { describedRequest, objectStorePath, urlAsSigned } from './described-request.ts'
import { NodeSha256 } from './node-sha256.ts'
import { signedChunks, signedChunksLength } from './signed-chunks.ts'

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
 * How the body is covered.
 * - `hashed`: it is read once, and its SHA-256 is signed; a body whose hash is in the request's `x-amz-content-sha256`
 *   is not read.
 * - `streaming`: it is signed chunk by chunk while it is sent. For S3 alone; needs a `content-length`.
 * - `unsigned`: it is not covered; S3 takes that over https.
 */
export type PayloadSigning = 'hashed' | 'streaming' | 'unsigned'

const contentHashHeader = 'x-amz-content-sha256'
const decodedLengthHeader = 'x-amz-decoded-content-length'
const unsignedPayload = 'UNSIGNED-PAYLOAD'
const streamingPayload = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'

/**
 * A copy of the request, signed in its headers. Takes over the request's body.
 * @throws CredentialError INPUT_INVALID when the body is to be streamed and its length is not known
 */
export async function signRequest(
  request: Request,
  key: SigningKey,
  scope: SigningScope,
  payload: PayloadSigning,
): Promise<Request> {
  const { body: stream } = request
  if (payload === 'streaming' && stream !== null) return signStreaming(request, stream, key, scope)
  const headers = new Headers(request.headers)
  if (payload === 'unsigned') headers.set(contentHashHeader, unsignedPayload)
  const body = headers.has(contentHashHeader) ? undefined : new Uint8Array(await request.arrayBuffer())
  const described = describedFor(scope, request, headers, body)
  const signed = await signerOf(key, scope).sign(described, { signingDate: new Date(scope.now) })
  const sent = body === undefined ? request.body : body.byteLength === 0 ? null : body
  return copyOf(request, urlAsSigned(request, signed), sentHeaders(signed.headers), sent)
}

async function signStreaming(
  request: Request,
  stream: ReadableStream<Uint8Array>,
  key: SigningKey,
  scope: SigningScope,
): Promise<Request> {
  const bytes = bodyLength(request)
  const headers = new Headers(request.headers)
  headers.set(contentHashHeader, streamingPayload)
  headers.set(decodedLengthHeader, String(bytes))
  headers.set('content-length', String(signedChunksLength(bytes)))
  const encoding = headers.get('content-encoding')
  headers.set('content-encoding', encoding === null ? 'aws-chunked' : `aws-chunked,${encoding}`)
  const signer = signerOf(key, scope)
  const signingDate = new Date(scope.now)
  const signed = await signer.sign(describedFor(scope, request, headers), { signingDate })
  const body = signedChunks(stream, bytes, {
    signature: signed.headers.authorization?.split('Signature=')[1] ?? '',
    sign: (payload, priorSignature) =>
      signer.sign({ headers: new Uint8Array(), payload }, { signingDate, priorSignature }),
  })
  return copyOf(request, urlAsSigned(request, signed), sentHeaders(signed.headers), body)
}

function bodyLength({ headers }: Request): number {
  const declared = headers.get(decodedLengthHeader) ?? headers.get('content-length')
  if (declared !== null && /^\d+$/.test(declared)) return Number(declared)
  throw new CredentialError(
    'INPUT_INVALID',
    'A body that is signed while it is sent needs its length; set the header content-length',
    { issues: [{ path: 'content-length', reason: 'is missing' }] },
  )
}

/** A copy of the request, signed in its URL, which may be used until it expires by whoever has it. The body is not covered. */
export async function presignRequest(
  request: Request,
  key: SigningKey,
  scope: SigningScope,
  expiresInSeconds: number,
): Promise<Request> {
  const headers = new Headers(request.headers)
  const described = describedFor(scope, request, headers)
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
  return copyOf(request, urlAsSigned(request, signed), headers, request.body)
}

function describedFor(
  { service }: SigningScope,
  request: Request,
  headers: Headers,
  body?: Uint8Array,
): HttpRequest {
  const described = describedRequest(request, headers, body)
  return isObjectStore(service) ? { ...described, path: objectStorePath(described.path) } : described
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

function copyOf(
  { method, redirect, signal }: Request,
  url: URL,
  headers: NonNullable<RequestInit['headers']>,
  body: NonNullable<RequestInit['body']> | null,
): Request {
  return new Request(url, {
    method,
    headers,
    body,
    redirect,
    signal,
    ...(body && { duplex: 'half' as const }),
  })
}

/** All but the host, which fetch sends itself. */
function sentHeaders({ host: _host, ...headers }: Record<string, string>): Record<string, string> {
  return headers
}
