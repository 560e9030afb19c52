import { createHash, createHmac } from 'node:crypto'
import type { ServiceRequest } from '@nebula-credential/testing'

/**
 * Why a request's Signature Version 4 is wrong, as a service of AWS finds out; undefined when it is right. Written
 * from the specification, apart from the signer.
 */
export function signatureProblem(
  request: ServiceRequest,
  secretOf: (accessKeyId: string) => string | undefined,
) {
  const { headers, body } = request
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=(\S+), Signature=(\w+)$/.exec(
      headers.authorization ?? '',
    )
  if (match === null) return 'MissingAuthenticationToken'
  const [, accessKeyId = '', day = '', region = '', service = '', signedHeaders = '', signature] = match
  const secret = secretOf(accessKeyId)
  if (secret === undefined) return service === 's3' ? 'InvalidAccessKeyId' : 'InvalidClientTokenId'
  const declaredHash = headers['x-amz-content-sha256'] as string | undefined
  const bodyHash = sha256(body)
  if (declaredHash !== undefined && declaredHash !== 'UNSIGNED-PAYLOAD' && declaredHash !== bodyHash) {
    return 'XAmzContentSHA256Mismatch'
  }
  const canonical = [
    request.method,
    service === 's3' ? request.path : request.path.split('/').map(encodeURIComponent).join('/'),
    [...request.query]
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join('&'),
    ...signedHeaders.split(';').map(name => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders,
    declaredHash ?? bodyHash,
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const toSign = `AWS4-HMAC-SHA256\n${headers['x-amz-date']}\n${scope}\n${sha256(canonical)}`
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (previous, part) => createHmac('sha256', previous).update(part).digest(),
    `AWS4${secret}`,
  )
  return createHmac('sha256', key).update(toSign).digest('hex') === signature
    ? undefined
    : 'SignatureDoesNotMatch'
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
