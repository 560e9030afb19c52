import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import {
  type LoopbackService,
  type ServiceAnswer,
  type ServiceFault,
  type ServiceRequest,
  startLoopbackService,
} from '@nebula-credential/testing'
import { GithubLogin, oauthApp } from './login.ts'

export const personalToken = `github_pat_${'s'.repeat(22)}_sentinel`
export const appId = '1234'
export const installationId = '5678'

/** The App's key, in the two forms of PEM that are about: GitHub gives PKCS #1. */
const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const privateKey = key.export({ type: 'pkcs1', format: 'pem' }).toString()
export const privateKeyPkcs8 = key.export({ type: 'pkcs8', format: 'pem' }).toString()

/** A GitHub with one user, one App and one repository, as https://docs.github.com/rest documents it. */
export interface Github extends LoopbackService {
  /** Ends the tokens handed out so far. */
  expireTokens(): void
  /** How far this service's clock is ahead of the machine's, in ms. Default 0. */
  aheadMs: number
  /** How long installation tokens last, in ms. Default 1 h. */
  lifetimeMs: number
  /** Where accounts are connected to the OAuth App. */
  readonly login: GithubLogin
  /** The bodies of the requests for installation tokens, in order. */
  readonly tokenRequests: readonly Record<string, unknown>[]
}

/** @param basePath where the API is: `/api/v3` on a server of one's own */
export async function startGithub(basePath = '/api/v3'): Promise<Github> {
  const settings = { aheadMs: 0, lifetimeMs: 3_600_000 }
  const tokens = new Set([personalToken])
  const tokenRequests: Record<string, unknown>[] = []
  const now = () => Date.now() + settings.aheadMs
  const login = new GithubLogin(() => service.origin, tokens)
  let issued = 0

  const routes: Record<string, (request: ServiceRequest, token: string) => ServiceAnswer> = {
    'GET /user': () => ({
      json: { id: 7, login: 'ada' },
      headers: { 'x-oauth-scopes': 'repo, workflow' },
    }),
    [`POST /app/installations/${installationId}/access_tokens`]: request => {
      const asked = request.json()
      tokenRequests.push(asked)
      const token = `ghs_sentinel${issued++}`
      tokens.add(token)
      const expires_at = new Date(now() + settings.lifetimeMs).toISOString().replace(/\.\d+Z$/, 'Z')
      return { status: 201, json: { token, expires_at, permissions: { issues: 'write' } } }
    },
    [`GET /app/installations/${installationId}`]: () => ({
      json: {
        id: 5678,
        account: { id: 9, login: 'acme' },
        permissions: { issues: 'write', metadata: 'read' },
      },
    }),
    'GET /installation/repositories': () => ({ json: { total_count: 1, repositories: [] } }),
    'DELETE /installation/token': (_, token) => {
      tokens.delete(token)
      return { status: 204 }
    },
    'GET /repos/acme/lamps': () => ({ json: repository }),
    'POST /repos/acme/lamps/issues': request => {
      const { title, labels } = request.json()
      if (title === 'invalid') return refused(422, 'Validation Failed')
      return {
        status: 201,
        json: { id: 70, number: 3, html_url: 'https://github.com/acme/lamps/issues/3', labels },
      }
    },
    'POST /repos/acme/lamps/actions/workflows/ci.yml/dispatches': () => ({ status: 204 }),
    'GET /forbidden': () => refused(403, 'Resource not accessible by personal access token'),
  }

  const service: LoopbackService = await startLoopbackService(request => {
    const dated = { date: new Date(now()).toUTCString() }
    const path = request.path.startsWith(`${basePath}/`) ? request.path.slice(basePath.length) : undefined
    const answer = (): ServiceAnswer => {
      const connecting = login.answer(request)
      if (connecting !== undefined) return connecting
      if (!request.headers['user-agent']) return refused(403, 'Request forbidden by administrative rules')
      if (`${request.method} ${path}` === `DELETE /applications/${oauthApp.id}/token`) {
        return login.deleteToken(request)
      }
      const [, token = ''] = /^(?:Bearer|token) (.+)$/.exec(request.headers.authorization ?? '') ?? []
      const isAccepted = path?.startsWith('/app/') ? isAppJwt(token, now()) : tokens.has(token)
      if (!isAccepted) return refused(401, `Bad credentials: ${token}`)
      return routes[`${request.method} ${path}`]?.(request, token) ?? refused(404, 'Not Found')
    }
    const { headers, ...rest } = answer()
    return { ...rest, headers: { ...dated, ...headers } }
  })
  return Object.assign(settings, {
    origin: service.origin,
    requests: service.requests,
    answerNext: service.answerNext,
    login,
    tokenRequests,
    expireTokens: () => tokens.clear(),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  })
}

export const repository = {
  id: 1,
  name: 'lamps',
  full_name: 'acme/lamps',
  private: true,
  default_branch: 'main',
  description: null,
  html_url: 'https://github.com/acme/lamps',
}

/** "Generating a JSON Web Token for a GitHub App": RS256, at most 10 minutes, issued in the past, by the App. */
function isAppJwt(token: string, now: number): boolean {
  const [header = '', claims = '', signature = ''] = token.split('.')
  const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString() || 'null')
  if (decode(header)?.alg !== 'RS256') return false
  const signed = Buffer.from(`${header}.${claims}`)
  if (!verify('sha256', signed, createPublicKey(key), Buffer.from(signature, 'base64url'))) return false
  const { iat, exp, iss } = decode(claims)
  const seconds = now / 1000
  return String(iss) === appId && iat <= seconds && exp > seconds && exp - seconds <= 600
}

/** An answer of GitHub that says no. */
export function refused(status: number, message: string, more: Partial<ServiceAnswer> = {}): ServiceAnswer {
  const documentation_url = 'https://docs.github.com/rest'
  return { status, json: { message, documentation_url, status: String(status) }, ...more }
}

/** What GitHub, or what stands before it, does when it cannot answer. */
export const faults = {
  'too many requests': refused(429, 'slow down', { headers: { 'retry-after': '7' } }),
  'a spent limit': refused(403, 'API rate limit exceeded', {
    headers: {
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 1_800),
    },
  }),
  'a secondary limit': {
    status: 403,
    json: {
      message: 'You have exceeded a secondary rate limit',
      documentation_url:
        'https://docs.github.com/free-pro-team@latest/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits',
    },
  },
  'a bad gateway': { status: 502, body: '<html>bad gateway</html>' },
  'no JSON': { body: '<html>log in first</html>', headers: { 'content-type': 'text/html' } },
  'a reset': 'reset',
} as const satisfies Record<string, ServiceFault>
