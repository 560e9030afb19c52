import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import {
  type LoopbackService,
  type ServiceAnswer,
  type ServiceRequest,
  startLoopbackService,
} from '@nebula-credential/testing'

export interface PartnerOptions {
  /** Answers 200 to the bearer tokens that are good. */
  readonly tokenCheckUrl: string
  readonly apiKey: string
  readonly keyId: string
  /** In base64. */
  readonly key: string
}

/** The partner's API, for the tests of this example: it checks the token, the key and the signature of each request. */
export interface PartnerService extends LoopbackService {
  /** Bearer tokens that are refused although they are good. */
  readonly refused: Set<string>
}

export async function startPartner(options: PartnerOptions): Promise<PartnerService> {
  const refused = new Set<string>()
  const service = await startLoopbackService(request => answer(request, options, refused))
  return Object.assign(service, { refused })
}

async function answer(
  request: ServiceRequest,
  options: PartnerOptions,
  refused: ReadonlySet<string>,
): Promise<ServiceAnswer> {
  const { authorization = '', 'x-api-key': apiKey } = request.headers
  const { ok } = await fetch(options.tokenCheckUrl, { headers: { authorization } })
  if (!ok || refused.has(authorization)) return { status: 401, json: { wrong: 'token' } }
  if (apiKey !== options.apiKey) return { status: 403, json: { wrong: 'key' } }
  const problem = signatureProblem(request, options)
  if (problem !== undefined) return { status: 403, json: { wrong: problem } }
  return { status: 201, json: { ordered: request.json() } }
}

/** RFC 9421 section 3.2 and RFC 9530, as the one who receives a request goes about it. */
function signatureProblem(
  { method, path, query, headers, body }: ServiceRequest,
  { keyId, key }: PartnerOptions,
) {
  const [, parameters = ''] = /^sig1=(.+)$/.exec(String(headers['signature-input'])) ?? []
  const [, list = '', created = '', signedBy] =
    /^\(([^)]*)\);created=(\d+);keyid="([^"]*)"$/.exec(parameters) ?? []
  const components = list.split(' ').map(name => name.replaceAll('"', ''))
  const wanted = ['@method', '@target-uri', 'authorization', 'x-api-key', 'content-digest']
  if (signedBy !== keyId || wanted.some(name => !components.includes(name))) return 'what is signed'
  if (Math.abs(Date.now() / 1000 - Number(created)) > 60) return 'time'
  const digest = createHash('sha256').update(body).digest('base64')
  if (headers['content-digest'] !== `sha-256=:${digest}:`) return 'body'
  const values: Record<string, string> = {
    '@method': method,
    '@target-uri': `http://${headers.host}${path}?${query}`,
  }
  const lines = components.map(name => `"${name}": ${values[name] ?? headers[name]}`)
  const base = [...lines, `"@signature-params": ${parameters}`].join('\n')
  const expected = createHmac('sha256', Buffer.from(key, 'base64')).update(base).digest()
  const [, given = ''] = /^sig1=:(.+):$/.exec(String(headers.signature)) ?? []
  const signature = Buffer.from(given, 'base64')
  const isSigned = signature.byteLength === expected.byteLength && timingSafeEqual(signature, expected)
  return isSigned ? undefined : 'signature'
}
