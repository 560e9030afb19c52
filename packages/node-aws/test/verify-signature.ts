import { createHash, createHmac } from 'node:crypto'
import type { ServiceRequest } from '@nebula-credential/testing'

/** What a request presents, in its Authorization header or, presigned, in its URL. */
export interface Presented {
  readonly accessKeyId: string
  /** day/region/service/aws4_request */
  readonly scope: string
  readonly signedHeaders: string
  readonly signature: string
  readonly date: string
  readonly sessionToken: string | undefined
  /** In seconds; undefined where it is in the header. */
  readonly expiresIn: number | undefined
}

export function presentedBy({ headers, query }: ServiceRequest): Presented | undefined {
  const inHeader = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\S+), SignedHeaders=(\S+), Signature=(\w+)$/.exec(
    headers.authorization ?? '',
  )
  if (inHeader !== null) {
    const [, accessKeyId = '', scope = '', signedHeaders = '', signature = ''] = inHeader
    const sessionToken = headers['x-amz-security-token'] as string | undefined
    const date = String(headers['x-amz-date'])
    return { accessKeyId, scope, signedHeaders, signature, date, sessionToken, expiresIn: undefined }
  }
  if (query.get('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') return undefined
  const [accessKeyId = '', ...scope] = query.get('X-Amz-Credential')?.split('/') ?? []
  return {
    accessKeyId,
    scope: scope.join('/'),
    signedHeaders: query.get('X-Amz-SignedHeaders') ?? '',
    signature: query.get('X-Amz-Signature') ?? '',
    date: query.get('X-Amz-Date') ?? '',
    sessionToken: query.get('X-Amz-Security-Token') ?? undefined,
    expiresIn: Number(query.get('X-Amz-Expires')),
  }
}

/**
 * Why a request's Signature Version 4 is wrong, as a service of AWS finds out; undefined when it is right. Written
 * from the specification, apart from the signer.
 */
export function signatureProblem(
  request: ServiceRequest,
  secretOf: (accessKeyId: string) => string | undefined,
) {
  const { headers, body } = request
  const presented = presentedBy(request)
  if (presented === undefined) return 'MissingAuthenticationToken'
  const { accessKeyId, scope, signedHeaders, signature, date, expiresIn } = presented
  const [day = '', region = '', service = ''] = scope.split('/')
  const secret = secretOf(accessKeyId)
  if (secret === undefined) return service === 's3' ? 'InvalidAccessKeyId' : 'InvalidClientTokenId'
  const isPresigned = expiresIn !== undefined
  const declaredHash = headers['x-amz-content-sha256'] as string | undefined
  const bodyHash = isPresigned ? 'UNSIGNED-PAYLOAD' : sha256(body)
  const isStreamed = declaredHash === streamed
  if (declaredHash !== undefined && ![streamed, 'UNSIGNED-PAYLOAD', bodyHash].includes(declaredHash)) {
    return 'XAmzContentSHA256Mismatch'
  }
  const canonical = [
    request.method,
    service === 's3' ? request.path : request.path.split('/').map(encodeURIComponent).join('/'),
    [...request.query]
      .filter(([name]) => name !== 'X-Amz-Signature')
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join('&'),
    ...signedHeaders.split(';').map(name => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders,
    declaredHash ?? bodyHash,
  ].join('\n')
  const toSign = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (previous, part) => createHmac('sha256', previous).update(part).digest(),
    `AWS4${secret}`,
  )
  const sign = (text: string) => createHmac('sha256', key).update(text).digest('hex')
  if (sign(toSign) !== signature) return 'SignatureDoesNotMatch'
  if (!isStreamed) return undefined
  const head = `AWS4-HMAC-SHA256-PAYLOAD\n${date}\n${scope}`
  return chunksAreSigned(body, signature, (prior, chunk) =>
    sign(`${head}\n${prior}\n${sha256('')}\n${sha256(chunk)}`),
  )
    ? undefined
    : 'SignatureDoesNotMatch'
}

const streamed = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'

function chunksAreSigned(
  body: Buffer,
  seed: string,
  sign: (prior: string, chunk: Buffer) => string,
): boolean {
  let prior = seed
  for (const { chunk, signature } of chunksOf(body)) {
    if (sign(prior, chunk) !== signature) return false
    prior = signature
  }
  return true
}

/** What was sent as `aws-chunked`. */
export function unchunked(body: Buffer): Buffer {
  return Buffer.concat(chunksOf(body).map(({ chunk }) => chunk))
}

function chunksOf(body: Buffer): { chunk: Buffer; signature: string }[] {
  const chunks: { chunk: Buffer; signature: string }[] = []
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at)
    const head = /^([0-9a-f]+);chunk-signature=(\w{64})$/.exec(body.toString('latin1', at, Math.max(end, at)))
    if (head === null) throw new Error('The body is not made of signed chunks')
    const [, length = '', signature = ''] = head
    const chunk = body.subarray(end + 2, end + 2 + Number.parseInt(length, 16))
    chunks.push({ chunk, signature })
    at = end + 2 + chunk.byteLength + 2
    if (chunk.byteLength === 0) return chunks
  }
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
