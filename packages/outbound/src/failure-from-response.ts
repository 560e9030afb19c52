import { ProviderFailure, type ProviderFailureKind } from '@nebula-credential/core'
import { parseRetryAfter } from './retry-after.ts'

/**
 * The failure that a response stands for; undefined for a successful one. Reads the status and Retry-After only,
 * never the body: a caller who knows the service's error codes looks at those first.
 *
 * - 429, 408, 425: transient. 5xx: transient, and the peer is down.
 * - 401: terminal, the credential is no longer accepted.
 * - 403, redirects and any other status: config, somebody has to change what is asked or granted.
 *
 * @param now epoch ms
 */
export function failureFromResponse(response: Response, now: number): ProviderFailure | undefined {
  if (response.ok) return undefined
  const { status } = response
  const kind = kindOfStatus(status)
  return new ProviderFailure(kind, `${hostOf(response)} answered with HTTP ${status}`, {
    peerDown: status >= 500,
    retryAt: kind === 'transient' ? parseRetryAfter(response.headers.get('retry-after'), now) : undefined,
  })
}

function kindOfStatus(status: number): ProviderFailureKind {
  if (status >= 500 || status === 429 || status === 408 || status === 425) return 'transient'
  return status === 401 ? 'terminal' : 'config'
}

function hostOf(response: Response): string {
  return URL.parse(response.url)?.host ?? 'The service'
}
