import { randomBytes } from 'node:crypto'
import { guardedFetch } from '@nebula-credential/outbound'
import {
  type LoopbackService,
  type ServiceAnswer,
  type ServiceRequest,
  startLoopbackService,
} from '@nebula-credential/testing'
import { presentedBy, signatureProblem, unchunked } from './verify-signature.ts'

export const accessKey = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
}

/** A guarded fetch that may reach servers on this machine. */
export const loopbackFetch = guardedFetch({ allow: ['127.0.0.1'], dangerouslyAllowHttp: true })

/** AWS's STS and S3 on loopback, as far as this package uses them: it checks signatures, times and sessions. */
export interface AwsService extends LoopbackService {
  /** How far this service's clock is ahead of the machine's, in ms. Default 0. */
  aheadMs: number
  /** How long the sessions that it hands out last, in ms. Default 1 h. */
  lifetimeMs: number
  /** Ends the sessions handed out so far. */
  expireSessions(): void
  /** Starts `requests` and `actions` afresh. */
  forgetRequests(): void
  /** The STS actions that were asked for, in order. */
  readonly actions: readonly URLSearchParams[]
}

export async function startAws(): Promise<AwsService> {
  const sessions = new Map<string, { secret: string; token: string }>()
  const actions: URLSearchParams[] = []
  const objects = new Map<string, ServiceRequest>()
  const expired = new Set<string>()
  const settings = { aheadMs: 0, lifetimeMs: 3_600_000 }
  const now = () => Date.now() + settings.aheadMs
  const secretOf = (id: string) =>
    id === accessKey.accessKeyId ? accessKey.secretAccessKey : sessions.get(id)?.secret

  const service = await startLoopbackService(request => {
    // As S3 answers to a body of unknown length.
    if (request.headers['transfer-encoding'] !== undefined) return { status: 411 }
    const isSts = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')
    const fields = new URLSearchParams(isSts ? request.body.toString() : '')
    const refuse = (status: number, code: string) => refusal(status, code, isSts ?? false, now())
    if (fields.get('Action') !== 'AssumeRoleWithWebIdentity') {
      const problem = refusalOf(request)
      if (problem !== undefined) return refuse(403, problem)
    }
    return isSts ? sts(fields, refuse) : s3(request, refuse)
  })

  function refusalOf(request: ServiceRequest): string | undefined {
    const problem = signatureProblem(request, secretOf)
    const presented = presentedBy(request)
    if (problem !== undefined || presented === undefined) return problem
    const { accessKeyId, sessionToken, date, expiresIn } = presented
    const ageMs = now() - timeOf(date)
    if (expiresIn !== undefined && ageMs > expiresIn * 1000) return 'AccessDenied'
    if (expiresIn === undefined && Math.abs(ageMs) > 300_000) return 'RequestTimeTooSkewed'
    if (expired.has(accessKeyId)) return 'ExpiredToken'
    return sessionToken === sessions.get(accessKeyId)?.token ? undefined : 'InvalidToken'
  }

  function sts(fields: URLSearchParams, refuse: Refuse): ServiceAnswer {
    actions.push(fields)
    const action = fields.get('Action') ?? ''
    if (fields.get('Version') !== '2011-06-15') return refuse(400, 'InvalidAction')
    if (action === 'GetCallerIdentity') {
      return xml(
        action,
        '<UserId>AIDA7</UserId><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/ada</Arn>',
      )
    }
    const code = fields.get('TokenCode')
    if (code !== null && code !== '123456') return refuse(403, 'AccessDenied')
    const identity = fields.get('WebIdentityToken')
    if (identity !== null && !identity.startsWith('good')) return refuse(400, 'InvalidIdentityToken')
    const id = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`
    const session = { secret: randomBytes(20).toString('base64'), token: randomBytes(60).toString('base64') }
    sessions.set(id, session)
    const expiration = new Date(now() + settings.lifetimeMs).toISOString()
    return xml(
      action,
      `<Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${session.secret}</SecretAccessKey>` +
        `<SessionToken>${session.token}</SessionToken><Expiration>${expiration}</Expiration></Credentials>`,
    )
  }

  function s3(request: ServiceRequest, refuse: Refuse): ServiceAnswer {
    if (request.method === 'PUT') {
      objects.set(request.path, request)
      return { headers: { etag: '"e1"' } }
    }
    const object = objects.get(request.path)
    if (object === undefined) return refuse(404, 'NoSuchKey')
    const isChunked = object.headers['content-encoding'] === 'aws-chunked'
    return { body: isChunked ? unchunked(object.body) : object.body }
  }

  return Object.assign(settings, {
    origin: service.origin,
    requests: service.requests,
    actions,
    answerNext: service.answerNext,
    forgetRequests() {
      actions.length = 0
      ;(service.requests as ServiceRequest[]).length = 0
    },
    expireSessions() {
      for (const id of sessions.keys()) expired.add(id)
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  })
}

type Refuse = (status: number, code: string) => ServiceAnswer

/** The error documents of STS and of S3; their messages quote what was sent, as AWS's do. */
function refusal(status: number, code: string, isSts: boolean, now: number): ServiceAnswer {
  const error = `<Code>${code}</Code><Message>${accessKey.secretAccessKey} is quoted</Message>`
  const body = isSts
    ? `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>${error}</Error><RequestId>r</RequestId></ErrorResponse>`
    : `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${error}<RequestId>r</RequestId></Error>`
  return {
    status,
    headers: { 'content-type': 'text/xml', date: new Date(now).toUTCString() },
    body,
  }
}

function xml(action: string, result: string): ServiceAnswer {
  return {
    headers: { 'content-type': 'text/xml' },
    body:
      `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${result}</${action}Result>` +
      `<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${action}Response>`,
  }
}

function timeOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'))
}
