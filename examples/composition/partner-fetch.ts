import {
  type ApiKeyToken,
  apiKeyHeader,
  authenticatedFetch,
  type BearerToken,
  type CredentialId,
  type CredentialView,
  chain,
  httpBearer,
  link,
} from '@nebula-credential/core'
import { messageSignature } from './message-signature.ts'
import type { SigningKeyToken } from './signing-key.ts'

/** The credentials that the partner's API wants to see together. */
export interface PartnerCredentials {
  /** In whose name. */
  readonly user: CredentialId<BearerToken>
  /** On whose account. */
  readonly app: CredentialId<ApiKeyToken>
  /** From whom. */
  readonly signer: CredentialId<SigningKeyToken>
}

/**
 * A `fetch` for the partner's API. Each link has a credential of its own, and asks for its token with each request; after
 * a 401 what can be replaced is replaced, and the request is signed anew.
 */
export function partnerFetch(
  view: CredentialView,
  { user, app, signer }: PartnerCredentials,
  fetch?: typeof globalThis.fetch,
): typeof globalThis.fetch {
  const credentials = chain(
    link(httpBearer, view.tokenSource(user)),
    link(apiKeyHeader, view.tokenSource(app)),
    link(messageSignature, view.tokenSource(signer)),
  )
  return authenticatedFetch(credentials, { fetch })
}
