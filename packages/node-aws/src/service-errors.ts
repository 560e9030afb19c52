import { type CredentialError, ProviderFailure, type ProviderFailureKind } from '@nebula-credential/core'
import {
  errorFromCall,
  failureFromError,
  failureFromStatus,
  parseRetryAfter,
} from '@nebula-credential/outbound'
import { firstText, readXml } from './sts/response-xml.ts'

const service = 'AWS'

// The codes that say more than the HTTP status does.
const codes: Readonly<Record<string, ProviderFailureKind>> = {
  // The key or token is not, or no longer, accepted.
  ExpiredToken: 'terminal',
  ExpiredTokenException: 'terminal',
  IDPRejectedClaim: 'terminal',
  InvalidAccessKeyId: 'terminal',
  InvalidClientTokenId: 'terminal',
  InvalidIdentityToken: 'terminal',
  InvalidToken: 'terminal',
  SignatureDoesNotMatch: 'terminal',
  TokenRefreshRequired: 'terminal',
  UnrecognizedClientException: 'terminal',
  // Somebody has to change a policy, a role or what is asked for.
  AccessDenied: 'config',
  AccessDeniedException: 'config',
  AuthorizationHeaderMalformed: 'config',
  InvalidAction: 'config',
  MalformedPolicyDocument: 'config',
  PackedPolicyTooLarge: 'config',
  RegionDisabledException: 'config',
  ValidationError: 'config',
  // Later it may work.
  IDPCommunicationError: 'transient',
  InternalFailure: 'transient',
  RequestExpired: 'transient',
  RequestInTheFuture: 'transient',
  RequestLimitExceeded: 'transient',
  RequestTimeTooSkewed: 'transient',
  ServiceUnavailable: 'transient',
  SlowDown: 'transient',
  Throttling: 'transient',
  ThrottlingException: 'transient',
  TooManyRequestsException: 'transient',
}

// Those of the terminal ones that a newer session may heal.
const ofTheToken = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidToken',
  'TokenRefreshRequired',
  'UnrecognizedClientException',
])

/** What AWS answered, as far as errors are concerned. */
interface Refusal {
  readonly status: number
  readonly code: string | undefined
  /** Epoch ms. */
  readonly retryAt: number | undefined
}

/** The failure that an unsuccessful answer to a call of ours stands for. Reads its body. */
export async function failureFromAnswer(response: Response): Promise<ProviderFailure> {
  const refusal = await refusalOf(response)
  return failureByCode(refusal) ?? failureFromStatus(service, refusal.status, refusal.retryAt)
}

/** The error that an unsuccessful answer to a call of an action stands for. Reads its body. */
export async function errorFromAnswer(response: Response): Promise<ProviderFailure | CredentialError> {
  const refusal = await refusalOf(response)
  return failureByCode(refusal) ?? errorFromCall({ service, ...refusal })
}

/** Whether an answer refuses the session token or key itself, so that a newer one may be accepted. */
export async function refusesToken(response: Response): Promise<boolean> {
  if (![400, 401, 403].includes(response.status)) return false
  const { code } = await refusalOf(response.clone())
  return code !== undefined && ofTheToken.has(code)
}

/** What an error of an AWS SDK client says, in the terms of the manager. Undefined when it is not one of a client's. */
export function explainAwsError(error: unknown): ProviderFailure | CredentialError | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined
  const { $metadata, $response } = error as SdkError
  const { httpStatusCode: status } = $metadata
  // Without an answer, it is the error of the connection.
  if (status === undefined) return failureFromError(error)
  const retryAt = parseRetryAfter($response?.headers?.['retry-after'] ?? null, Date.now())
  const refusal = { status, code: error.name, retryAt }
  return failureByCode(refusal) ?? errorFromCall({ service, ...refusal })
}

interface SdkError extends Error {
  readonly $metadata: { readonly httpStatusCode?: number }
  readonly $response?: { readonly headers?: Readonly<Record<string, string | undefined>> }
}

function failureByCode({ status, code, retryAt }: Refusal): ProviderFailure | undefined {
  const kind = code === undefined ? undefined : codes[code]
  if (kind === undefined) return undefined
  return new ProviderFailure(kind, `${service} answered with HTTP ${status}, ${code}`, {
    peerDown: status >= 500,
    retryAt: kind === 'transient' ? retryAt : undefined,
  })
}

async function refusalOf(response: Response): Promise<Refusal> {
  const { status, headers } = response
  const retryAt = parseRetryAfter(headers.get('retry-after'), Date.now())
  return { status, code: plainCode(headers.get('x-amzn-errortype') ?? (await codeInBody(response))), retryAt }
}

/** The code in an error of the XML protocols, `<Error><Code>`, or of the JSON ones, `__type`. */
async function codeInBody(response: Response): Promise<string | undefined> {
  const body = await response.text().catch(() => '')
  if (!body.trimStart().startsWith('{')) return firstText(readXml(body), 'Error', 'Code')
  try {
    const { __type, code } = JSON.parse(body) as { __type?: unknown; code?: unknown }
    return [__type, code].find(value => typeof value === 'string')
  } catch {
    return undefined
  }
}

/** `com.amazon.coral.service#AccessDeniedException:http://…` is AccessDeniedException. */
function plainCode(text: string | undefined): string | undefined {
  return text?.split(':')[0]?.split('#').at(-1)?.trim()
}
