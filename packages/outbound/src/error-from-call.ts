import { CredentialError, type ProviderFailure } from '@nebula-credential/core'
import { failureFromStatus } from './failure-from-status.ts'

/** What the service answered to a call that was made with a credential. */
export interface RefusedCall {
  /** The service's name, for the message. */
  readonly service: string
  readonly status: number
  /** Epoch ms. */
  readonly retryAt?: number | undefined
}

// What was asked for is wrong, not the credential that it was asked with.
const wrongInput = new Set([400, 404, 405, 406, 409, 410, 411, 413, 414, 415, 422])

/**
 * The error that a refused call of an SDK client stands for. As {@link failureFromStatus}, but a status that blames
 * the request itself (400, 404, 409, 413, 422 …) is INPUT_INVALID: nobody needs to look at the credential.
 */
export function errorFromCall({ service, status, retryAt }: RefusedCall): ProviderFailure | CredentialError {
  if (!wrongInput.has(status)) return failureFromStatus(service, status, retryAt)
  return new CredentialError(
    'INPUT_INVALID',
    `${service} refused what it was asked for (HTTP ${status}); check the input, and that the account may see it`,
  )
}
