import type { ProviderFailure } from '@nebula-credential/core'
import { failureFromStatus } from './failure-from-status.ts'
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
  const retryAt = parseRetryAfter(response.headers.get('retry-after'), now)
  return failureFromStatus(hostOf(response), response.status, retryAt)
}

function hostOf(response: Response): string {
  return URL.parse(response.url)?.host ?? 'The service'
}
