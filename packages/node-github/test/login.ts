import { createHash, randomBytes } from 'node:crypto'
import type { ServiceAnswer, ServiceRequest } from '@nebula-credential/testing'

/** An OAuth App, as GitHub registers it. */
export const oauthApp = { id: 'Ov23li0123456789abcd', secret: `sentinel${'5e'.repeat(16)}` }
export const callbackUrl = 'https://app.example/callback'

interface Grant {
  readonly scope: string
  readonly challenge?: string | undefined
  readonly redirectUri?: string | undefined
}

/**
 * The part of GitHub that connects accounts to OAuth Apps, as "Authorizing OAuth apps" and "Refreshing user access
 * tokens" document it: errors come with HTTP 200, scopes between commas, and only JSON where it is accepted.
 */
export class GithubLogin {
  /** Whether tokens last 8 hours and come with a refresh token. Default false. */
  expiring = false
  readonly #origin: () => string
  readonly #tokens: Set<string>
  readonly #codes = new Map<string, Grant>()
  readonly #devices = new Map<
    string,
    { readonly grant: Grant; readonly userCode: string; approved?: boolean }
  >()
  readonly #refreshTokens = new Map<string, Grant>()

  constructor(origin: () => string, tokens: Set<string>) {
    this.#origin = origin
    this.#tokens = tokens
  }

  /** What a person who enters the code on another device decides. */
  decide(userCode: string, approved: boolean): void {
    const device = [...this.#devices.values()].find(each => each.userCode === userCode)
    if (device === undefined) throw new Error('No device shows that code')
    device.approved = approved
  }

  /** Answers what does not belong to the REST API. */
  answer(request: ServiceRequest): ServiceAnswer | undefined {
    const form = new URLSearchParams(request.method === 'POST' ? request.body.toString() : '')
    switch (`${request.method} ${request.path}`) {
      case 'GET /login/oauth/authorize':
        return this.#authorize(request.query)
      case 'POST /login/device/code':
        return spoken(request, this.#device(form))
      case 'POST /login/oauth/access_token':
        return spoken(request, this.#token(form))
      default:
        return undefined
    }
  }

  /** `DELETE /applications/{client_id}/token`, by Basic authentication. */
  deleteToken(request: ServiceRequest): ServiceAnswer {
    const basic = Buffer.from(`${oauthApp.id}:${oauthApp.secret}`).toString('base64')
    if (request.headers.authorization !== `Basic ${basic}`) {
      return { status: 401, json: { message: 'Bad credentials' } }
    }
    const { access_token: token } = request.json()
    return this.#tokens.delete(String(token))
      ? { status: 204 }
      : { status: 404, json: { message: 'Not Found' } }
  }

  #authorize(asked: URLSearchParams): ServiceAnswer {
    if (asked.get('client_id') !== oauthApp.id) return { status: 404, body: 'Not Found' }
    const redirectUri = asked.get('redirect_uri') ?? ''
    const back = new URL(redirectUri)
    back.searchParams.set('state', asked.get('state') ?? '')
    if (redirectUri !== callbackUrl) {
      back.searchParams.set('error', 'redirect_uri_mismatch')
    } else {
      const code = randomBytes(10).toString('hex')
      const challenge = asked.get('code_challenge') ?? undefined
      this.#codes.set(code, { scope: asked.get('scope') ?? '', challenge, redirectUri })
      back.searchParams.set('code', code)
    }
    return { status: 302, headers: { location: back.href } }
  }

  #device(form: URLSearchParams): Record<string, unknown> {
    if (form.get('client_id') !== oauthApp.id) return refusal('incorrect_client_credentials')
    const deviceCode = randomBytes(20).toString('hex')
    const userCode = `${randomBytes(2).toString('hex')}-${randomBytes(2).toString('hex')}`.toUpperCase()
    this.#devices.set(deviceCode, { grant: { scope: form.get('scope') ?? '' }, userCode })
    return {
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: `${this.#origin()}/login/device`,
      expires_in: 900,
      interval: 5,
    }
  }

  #token(form: URLSearchParams): Record<string, unknown> {
    const type = form.get('grant_type')
    const secret = form.get('client_secret')
    const isApp = form.get('client_id') === oauthApp.id
    if (type === 'urn:ietf:params:oauth:grant-type:device_code') {
      return isApp ? this.#tokenOfDevice(form) : refusal('incorrect_client_credentials')
    }
    // What a device was granted is refreshed without a secret.
    if (!isApp || (secret ?? oauthApp.secret) !== oauthApp.secret)
      return refusal('incorrect_client_credentials')
    if (type === 'refresh_token') {
      const token = form.get('refresh_token') ?? ''
      const grant = this.#refreshTokens.get(token)
      this.#refreshTokens.delete(token)
      return grant === undefined ? refusal('bad_refresh_token') : this.#issue(grant)
    }
    const code = form.get('code') ?? ''
    const grant = this.#codes.get(code)
    this.#codes.delete(code)
    const proof = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (secret === null || grant === undefined || grant.challenge !== proof)
      return refusal('bad_verification_code')
    if (form.get('redirect_uri') !== grant.redirectUri) return refusal('redirect_uri_mismatch')
    return this.#issue(grant)
  }

  #tokenOfDevice(form: URLSearchParams): Record<string, unknown> {
    const device = this.#devices.get(form.get('device_code') ?? '')
    if (device === undefined) return refusal('incorrect_device_code')
    if (device.approved === undefined) return refusal('authorization_pending')
    if (!device.approved) return refusal('access_denied')
    this.#devices.delete(form.get('device_code') ?? '')
    return this.#issue(device.grant)
  }

  #issue(grant: Grant): Record<string, unknown> {
    const token = `${this.expiring ? 'ghu' : 'gho'}_sentinel${randomBytes(9).toString('hex')}`
    this.#tokens.add(token)
    const answer = {
      access_token: token,
      scope: grant.scope.split(' ').join(','),
      token_type: 'bearer',
    }
    if (!this.expiring) return answer
    const refreshToken = `ghr_sentinel${randomBytes(18).toString('hex')}`
    this.#refreshTokens.set(refreshToken, grant)
    return {
      ...answer,
      expires_in: 28_800,
      refresh_token: refreshToken,
      refresh_token_expires_in: 15_897_600,
    }
  }
}

function refusal(error: string): Record<string, unknown> {
  return {
    error,
    error_description: `What was sent is wrong: ${error}`,
    error_uri: `https://docs.github.com/#${error}`,
  }
}

/** JSON where it is accepted, a form otherwise. */
function spoken({ headers }: ServiceRequest, answer: Record<string, unknown>): ServiceAnswer {
  if (headers.accept?.includes('application/json')) return { json: answer }
  const form = new URLSearchParams(answer as Record<string, string>)
  return { body: form.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } }
}
