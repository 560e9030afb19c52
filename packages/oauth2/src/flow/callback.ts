import { CredentialError, ProviderFailure } from '@nebula-credential/core'
import type { ServerMetadata } from 'openid-client'
import { refusalKind } from '../token-endpoint/token-endpoint-errors.ts'

/** The parameters of a callback, however the program got them. */
export function callbackParameters(callback: string | URL | URLSearchParams): URLSearchParams {
  if (callback instanceof URLSearchParams) return callback
  if (callback instanceof URL) return callback.searchParams
  return new URL(callback, 'https://callback.invalid').searchParams
}

/**
 * What of a callback may be believed, RFC 6749 section 4.1.2 and RFC 9207.
 *
 * @throws CredentialError ISSUER_MISMATCH when another server than the one asked made it; FLOW_FORGED for another state
 * @throws ProviderFailure when the person or the server said no
 */
export function checkedCallback(
  callback: URLSearchParams,
  expected: { readonly metadata: ServerMetadata; readonly hasIssuer: boolean; readonly state: string },
): URLSearchParams {
  const { metadata, hasIssuer, state } = expected
  const parameters = new URLSearchParams(callback)
  const issuers = parameters.getAll('iss')
  const isMissing = metadata.authorization_response_iss_parameter_supported === true && issuers.length === 0
  if (hasIssuer && (isMissing || issuers.some(issuer => issuer !== metadata.issuer))) {
    throw new CredentialError(
      'ISSUER_MISMATCH',
      `The callback does not come from ${metadata.issuer}, which was asked; begin again`,
    )
  }
  // A server whose name we were not told cannot be recognised by it.
  if (!hasIssuer) parameters.delete('iss')
  if (parameters.getAll('state').join() !== state) {
    throw new CredentialError('FLOW_FORGED', 'The callback belongs to another flow; begin again')
  }
  const error = parameters.get('error')
  if (error !== null) throw refusal(error)
  if (parameters.getAll('code').length !== 1) {
    throw new ProviderFailure('terminal', 'the callback has no authorization code')
  }
  return parameters
}

/** Only registered codes are repeated: anybody can write the rest of a callback. */
function refusal(error: string): ProviderFailure {
  const kind = refusalKind(error)
  if (kind === undefined) return new ProviderFailure('terminal', 'the authorization server refused')
  const who =
    error === 'access_denied' ? 'the person or the authorization server' : 'the authorization server'
  return new ProviderFailure(kind === 'config' ? 'config' : 'terminal', `${who} said ${error}`)
}
