import { CredentialError, ProviderFailure, type ProviderFailureKind } from '@nebula-credential/core'
import { failureFromError, parseRetryAfter } from '@nebula-credential/outbound'
import { ClientError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client'

// The registered codes of RFC 6749 5.2, 7009, 8628, 8707 and 9449 and of OpenID Connect: only these are ever shown, since a
// server may put anything else into its answer, the tokens we sent among it.
const kindOfCode: Readonly<Record<string, ProviderFailureKind>> = {
  invalid_grant: 'terminal',
  expired_token: 'terminal',
  access_denied: 'terminal',
  interaction_required: 'terminal',
  login_required: 'terminal',
  consent_required: 'terminal',
  account_selection_required: 'terminal',
  invalid_client: 'config',
  unauthorized_client: 'config',
  unsupported_grant_type: 'config',
  unsupported_token_type: 'config',
  invalid_scope: 'config',
  invalid_request: 'config',
  invalid_target: 'config',
  invalid_dpop_proof: 'config',
  use_dpop_nonce: 'config',
  server_error: 'transient',
  temporarily_unavailable: 'transient',
  slow_down: 'transient',
  authorization_pending: 'transient',
}

// What the library says about an answer that came with success and makes no sense.
const senselessAnswer = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_PARSE_ERROR',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_UNSUPPORTED_OPERATION',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
])

// What it says about an ID token that is another client's, another flow's, or out of its time.
const faultyIdToken = new Set(['OAUTH_JWT_CLAIM_COMPARISON_FAILED', 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED'])

// What it says before it sends anything.
const unusableMetadata = new Set([
  'OAUTH_MISSING_SERVER_METADATA',
  'OAUTH_INVALID_SERVER_METADATA',
  'OAUTH_HTTP_REQUEST_FORBIDDEN',
  'OAUTH_REQUEST_PROTOCOL_FORBIDDEN',
  'ERR_INVALID_ARG_TYPE',
  'ERR_INVALID_ARG_VALUE',
])

export interface FailedRequest {
  /** The host asked, for messages. */
  readonly host: string
  /** Epoch ms. */
  readonly now: number
  /** Whether it may have used up a refresh token. Default false. */
  readonly rotating?: boolean
}

/** What an error of a token, revocation or introspection request means; never throws. */
export async function tokenEndpointFailure(
  error: unknown,
  request: FailedRequest,
): Promise<ProviderFailure | CredentialError> {
  const known = knownFailure(error)
  if (known !== undefined) return known
  const response = responseOf(error)
  if (response !== undefined && response.status !== 200) {
    return statusFailure(response, await errorCode(error, response), request)
  }
  // Some servers send their errors with HTTP 200.
  const code = registered(bodyOf(error)?.error)
  if (code !== undefined) return codeFailure(code, request)
  const libraryCode = codeOf(error) ?? ''
  if (response !== undefined || senselessAnswer.has(libraryCode)) {
    return new ProviderFailure('unknown', `${request.host} answered with something else than OAuth`)
  }
  if (faultyIdToken.has(libraryCode)) {
    return new ProviderFailure(
      'config',
      `${request.host} sent an ID token that is not for us: check the issuer, the client id and the clock of this machine`,
    )
  }
  if (unusableMetadata.has(libraryCode)) {
    return new CredentialError(
      'CONFIG_INVALID',
      `The metadata of ${request.host} do not serve: an endpoint is missing or is no https URL`,
    )
  }
  return failureFromError(error instanceof ClientError ? (error.cause ?? error) : error)
}

/** What an error of discovery means. Nothing of the grant was sent, so no outcome is unknown. */
export async function discoveryFailure(
  error: unknown,
  issuer: string,
  now: number,
): Promise<ProviderFailure | CredentialError> {
  const { host } = new URL(issuer)
  const failure = await tokenEndpointFailure(error, { host, now })
  if (failure instanceof CredentialError || failure.kind === 'transient') return failure
  const answered = responseOf(error) !== undefined || senselessAnswer.has(codeOf(error) ?? '')
  if (knownFailure(error) !== undefined || !answered) {
    return new ProviderFailure('transient', failure.message, { cause: failure.cause, peerDown: true })
  }
  return new CredentialError(
    'CONFIG_INVALID',
    `${host} publishes no metadata of the issuer ${issuer}: check the issuer, or name the endpoints instead`,
  )
}

function statusFailure(
  response: Response,
  code: string | undefined,
  request: FailedRequest,
): ProviderFailure {
  const { status } = response
  const overloaded = status >= 500 || status === 429 || status === 408 || status === 425
  if (!overloaded && code !== undefined) return codeFailure(code, request, response)
  const message = `${request.host} answered with HTTP ${status}${status >= 300 && status < 400 ? ', a redirect' : ''}`
  if (!overloaded) return new ProviderFailure('config', message)
  // A gateway may have lost the answer of a server that did replace the refresh token.
  const lost = request.rotating === true && (status === 502 || status === 504)
  return new ProviderFailure(lost ? 'unknown' : 'transient', message, {
    peerDown: status >= 500,
    retryAt: retryAt(response, request),
  })
}

function codeFailure(code: string, request: FailedRequest, response?: Response): ProviderFailure {
  const kind = kindOfCode[code] ?? 'config'
  const transient = kind === 'transient'
  return new ProviderFailure(kind, `${request.host} answered ${code}`, {
    peerDown: transient && code !== 'slow_down',
    retryAt: transient && response !== undefined ? retryAt(response, request) : undefined,
  })
}

function retryAt(response: Response, { now }: FailedRequest): number | undefined {
  return parseRetryAfter(response.headers.get('retry-after'), now)
}

async function errorCode(error: unknown, response: Response): Promise<string | undefined> {
  if (error instanceof ResponseBodyError) return registered(error.error)
  // The library looks no further than the WWW-Authenticate header; the code is in the body.
  const body = response.bodyUsed ? undefined : await response.json().catch(() => undefined)
  return registered((body as { error?: unknown } | null | undefined)?.error)
}

function registered(code: unknown): string | undefined {
  return typeof code === 'string' && Object.hasOwn(kindOfCode, code) ? code : undefined
}

function responseOf(error: unknown): Response | undefined {
  if (error instanceof ResponseBodyError || error instanceof WWWAuthenticateChallengeError)
    return error.response
  return error instanceof ClientError && error.cause instanceof Response ? error.cause : undefined
}

/** The body of a success response that the library refused. */
function bodyOf(error: unknown): { readonly error?: unknown } | undefined {
  const reason = error instanceof ClientError && error.cause instanceof Error ? error.cause.cause : undefined
  return (reason as { body?: { error?: unknown } } | undefined)?.body
}

/** What our own fetch has classified, however the library has wrapped it. */
function knownFailure(error: unknown): ProviderFailure | CredentialError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ProviderFailure || cause instanceof CredentialError) return cause
  }
  return undefined
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** The kind of failure that a registered error code stands for; undefined for any other text. */
export function refusalKind(code: string): ProviderFailureKind | undefined {
  return registered(code) === undefined ? undefined : kindOfCode[code]
}
