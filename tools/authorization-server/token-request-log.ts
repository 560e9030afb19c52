import type { KoaContextWithOIDC, Provider } from 'oidc-provider'

/** A request to the token endpoint that the server has acted on. */
export interface TokenRequest {
  readonly grantType: string
  readonly clientId: string | undefined
  /** `success`, or the error code of RFC 6749 section 5.2. */
  readonly outcome: string
}

/** Calls `heard` for every token request that the server has acted on. */
export function logTokenRequests(provider: Provider, heard: (request: TokenRequest) => void): void {
  const about = ({ oidc }: KoaContextWithOIDC, outcome: string): TokenRequest => ({
    grantType: String(oidc.params?.grant_type ?? ''),
    clientId: oidc.client?.clientId,
    outcome,
  })
  provider.on('grant.success', context => heard(about(context, 'success')))
  provider.on('grant.error', (context, error) => heard(about(context, error.error)))
}
