import { ProviderFailure, type ProviderFailureKind } from '@nebula-credential/core'

/**
 * The failure that an HTTP status of a service stands for: 429, 408 and 425 transient; 5xx transient, and the peer is
 * down; 401 terminal; everything else config.
 *
 * @param service named in the message
 * @param retryAt epoch ms; kept where trying again later makes sense
 */
export function failureFromStatus(service: string, status: number, retryAt?: number): ProviderFailure {
  const kind = kindOfStatus(status)
  return new ProviderFailure(kind, `${service} answered with HTTP ${status}`, {
    peerDown: status >= 500,
    retryAt: kind === 'transient' ? retryAt : undefined,
  })
}

function kindOfStatus(status: number): ProviderFailureKind {
  if (status >= 500 || status === 429 || status === 408 || status === 425) return 'transient'
  return status === 401 ? 'terminal' : 'config'
}
