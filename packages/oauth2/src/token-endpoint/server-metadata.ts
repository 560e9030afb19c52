import type { CredentialEnvironment } from '@nebula-credential/core'
import { outboundFetch } from '@nebula-credential/outbound'
import { allowInsecureRequests, customFetch, discovery, type ServerMetadata } from 'openid-client'
import { type AuthorizationServer, isDiscovered } from './authorization-server.ts'
import { discoveryFailure } from './token-endpoint-errors.ts'
import { whileWanted } from './while-wanted.ts'

type NamedEndpoints = Extract<AuthorizationServer, { tokenEndpoint: string }>
type IssuedMetadata = Exclude<AuthorizationServer, NamedEndpoints>

interface Known {
  readonly metadata: Promise<ServerMetadata>
  /** Epoch ms. */
  readonly until: number
}

const lifetimeMs = 3_600_000
const requestLimitMs = 15_000
const maxIssuers = 500
// By fetch, so that what one manager may reach is no way round what another may not.
const knownBy = new WeakMap<typeof globalThis.fetch, Map<string, Known>>()

/**
 * The endpoints of an authorization server. Metadata of an issuer are fetched once an hour and process, for up to 500
 * issuers; callers who come meanwhile share the request, which no caller's signal ends.
 *
 * @throws ProviderFailure transient; CredentialError CONFIG_INVALID when there are no metadata of this issuer
 */
export async function serverMetadata(
  server: AuthorizationServer,
  environment: CredentialEnvironment,
): Promise<ServerMetadata> {
  if (!isDiscovered(server)) return namedEndpoints(server)
  const fetch = outboundFetch(environment)
  const known = knownBy.get(fetch) ?? new Map<string, Known>()
  knownBy.set(fetch, known)
  const key = `${server.discovery ?? 'oidc'} ${server.issuer}`
  const entry = known.get(key)
  if (entry !== undefined && environment.startedAt < entry.until) {
    return whileWanted(entry.metadata, environment.signal)
  }
  const metadata = discover(server, fetch, environment.startedAt)
  known.delete(key)
  known.set(key, { metadata, until: environment.startedAt + lifetimeMs })
  for (const oldest of known.keys()) {
    if (known.size <= maxIssuers) break
    known.delete(oldest)
  }
  metadata.catch(() => {
    if (known.get(key)?.metadata === metadata) known.delete(key)
  })
  return whileWanted(metadata, environment.signal)
}

// RFC 7518 and RFC 8037. The library takes RS256 alone where nobody has said which a server signs ID tokens by; that they
// come from the server itself is known by TLS, OpenID Connect Core section 3.1.3.7.
const signingAlgorithms = ['RS', 'PS', 'ES']
  .flatMap(family => ['256', '384', '512'].map(bits => `${family}${bits}`))
  .concat('EdDSA', 'Ed25519')

function namedEndpoints(server: NamedEndpoints): ServerMetadata {
  const named = {
    issuer: server.issuer ?? new URL(server.tokenEndpoint).origin,
    token_endpoint: server.tokenEndpoint,
    authorization_endpoint: server.authorizationEndpoint,
    device_authorization_endpoint: server.deviceAuthorizationEndpoint,
    pushed_authorization_request_endpoint: server.pushedAuthorizationRequestEndpoint,
    userinfo_endpoint: server.userinfoEndpoint,
    revocation_endpoint: server.revocationEndpoint,
    introspection_endpoint: server.introspectionEndpoint,
    id_token_signing_alg_values_supported: signingAlgorithms,
  }
  const known = Object.entries(named).filter(([, value]) => value !== undefined)
  return Object.fromEntries(known) as typeof named as ServerMetadata
}

async function discover(
  server: IssuedMetadata,
  fetch: typeof globalThis.fetch,
  now: number,
): Promise<ServerMetadata> {
  try {
    // The client is none: metadata are the same for every client.
    const configuration = await discovery(new URL(server.issuer), 'none', undefined, undefined, {
      algorithm: server.discovery ?? 'oidc',
      timeout: requestLimitMs / 1000,
      [customFetch]: (url, options) => fetch(url, options as RequestInit),
      execute: server.issuer.startsWith('http:') ? [allowInsecureRequests] : [],
    })
    return Object.assign(
      { id_token_signing_alg_values_supported: signingAlgorithms },
      configuration.serverMetadata(),
    )
  } catch (error) {
    throw await discoveryFailure(error, server.issuer, now)
  }
}
