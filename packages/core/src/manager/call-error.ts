import { ProviderFailure, type ProviderFailureKind } from '../credential/provider-failure.ts'
import { CredentialError, type ErrorCode } from '../errors.ts'

const reactions: Record<ProviderFailureKind, { readonly code: ErrorCode; readonly advice: string }> = {
  terminal: { code: 'REAUTHORIZATION_REQUIRED', advice: 'its owner must connect it again' },
  config: { code: 'PROVIDER_REJECTED', advice: 'check what the account and the client are allowed to do' },
  transient: { code: 'PROVIDER_UNAVAILABLE', advice: 'try again later' },
  unknown: {
    code: 'PROVIDER_UNAVAILABLE',
    advice: 'it may have been carried out, so look before you try again',
  },
}

/** The error of a call whose service refused it, or did not answer. */
export function callError(
  action: string,
  meaning: ProviderFailure | CredentialError,
  credentialId: string | undefined,
): CredentialError {
  if (meaning instanceof ProviderFailure) {
    const { code, advice } = reactions[meaning.kind]
    const whose = credentialId === undefined ? '' : ` with credential ${credentialId}`
    return new CredentialError(code, `Action ${action} failed${whose} (${meaning.message}); ${advice}`, {
      cause: meaning,
      credentialId,
      retryAt: meaning.retryAt,
    })
  }
  const { code, message, cause, issues, retryAt } = meaning
  return new CredentialError(code, `Action ${action} failed: ${message}`, {
    cause,
    issues,
    retryAt,
    credentialId: meaning.credentialId ?? credentialId,
  })
}

const deepestCause = 8

/** The error of ours that an error is, or that a client wrapped into its own. */
export function statedError(error: unknown): CredentialError | undefined {
  let inner = error
  for (let depth = 0; depth < deepestCause && inner instanceof Error; depth++) {
    if (inner instanceof CredentialError) return inner
    inner = inner.cause
  }
  return undefined
}
