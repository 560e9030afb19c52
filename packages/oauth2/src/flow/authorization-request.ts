import { SecretString, secret } from '@nebula-credential/core'
import {
  buildAuthorizationUrl,
  buildAuthorizationUrlWithPAR,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
} from 'openid-client'
import { z } from 'zod'
import { parametersOf } from '../token-endpoint/authorization-server.ts'
import { parsedObject } from '../token-endpoint/json-object.ts'
import type { TokenEndpoint } from '../token-endpoint/token-endpoint.ts'
import { type FlowConfig, hasIssuer, isOpenId } from './flow-config.ts'

/** An authorization request, until its callback comes. */
export const pendingRedirect = z.object({
  kind: z.literal('redirect'),
  url: z.string(),
  /** Epoch ms, where the request was pushed: RFC 9126 section 2.2. */
  urlExpiresAt: z.number().optional(),
  state: z.string(),
  redirectUri: z.string(),
  /** RFC 7636. Absent where the provider refuses one. */
  codeVerifier: secret().optional(),
  nonce: z.string().optional(),
  dpopKey: secret().optional(),
})
export type PendingRedirect = z.output<typeof pendingRedirect>

/**
 * The URL at which a person consents: by PKCE S256 unless the provider refuses it, pushed first (RFC 9126) where the server takes that.
 * @throws ProviderFailure, CredentialError CONFIG_INVALID
 */
export async function authorizationRequest(
  endpoint: TokenEndpoint,
  config: FlowConfig & { readonly redirectUri: string },
  given: {
    readonly state: string
    readonly startedAt: number
    readonly dpopKey: SecretString | undefined
  },
): Promise<PendingRedirect> {
  const codeVerifier = sendsProofKey(config) ? randomPKCECodeVerifier() : undefined
  const nonce = isOpenId(config) && hasIssuer(config) ? randomNonce() : undefined
  const parameters = requestParameters(config)
  parameters.set('redirect_uri', config.redirectUri)
  parameters.set('state', given.state)
  if (codeVerifier !== undefined) {
    parameters.set('code_challenge', await calculatePKCECodeChallenge(codeVerifier))
    parameters.set('code_challenge_method', 'S256')
  }
  if (nonce !== undefined) parameters.set('nonce', nonce)

  const pushed = endpoint.metadata.pushed_authorization_request_endpoint
  const lifetime = rememberLifetime()
  const asking = { endpoint: pushed ?? endpoint.url, read: lifetime.read }
  const url = await endpoint.ask(asking, async (configuration, dpop) => {
    if (pushed !== undefined) return buildAuthorizationUrlWithPAR(configuration, parameters, dpop)
    if (dpop.DPoP !== undefined) parameters.set('dpop_jkt', await dpop.DPoP.calculateThumbprint())
    return buildAuthorizationUrl(configuration, parameters)
  })
  const urlLifetimeS = lifetime.seconds()
  return {
    kind: 'redirect',
    url: url.href,
    ...(urlLifetimeS !== undefined && { urlExpiresAt: given.startedAt + urlLifetimeS * 1000 }),
    state: given.state,
    redirectUri: config.redirectUri,
    ...(codeVerifier !== undefined && { codeVerifier: SecretString.from(codeVerifier) }),
    ...(nonce !== undefined && { nonce }),
    ...(given.dpopKey && { dpopKey: given.dpopKey }),
  }
}

function sendsProofKey({ dialect, client }: FlowConfig): boolean {
  if (dialect?.proofKey === 'without secret') return client === undefined || client.authentication === 'none'
  return dialect?.proofKey !== 'none'
}

/** The library does not tell how long a pushed request lives. */
function rememberLifetime() {
  let expiresIn: unknown
  return {
    seconds: () => (typeof expiresIn === 'number' ? expiresIn : undefined),
    async read(response: Response): Promise<Response> {
      expiresIn = parsedObject(await response.clone().text())?.expires_in
      return response
    },
  }
}

/** What is asked for, in the provider's dialect. */
export function requestParameters(config: FlowConfig): URLSearchParams {
  const { scope, dialect = {} } = config
  const { audience, resource } = config
  const parameters = parametersOf({ audience, resource })
  const own = { ...dialect.authorizationParameters, ...config.authorizationParameters }
  for (const [name, value] of Object.entries(own)) parameters.set(name, value)
  if (scope !== undefined) {
    const text = scope.split(' ').join(dialect.scopeSeparator ?? ' ')
    parameters.set(dialect.scopeParameter ?? 'scope', text)
  }
  // OpenID Connect Core section 11: without it the server must ignore the wish for a refresh token.
  if (isOpenId(config) && scope?.split(' ').includes('offline_access') && !parameters.has('prompt')) {
    parameters.set('prompt', 'consent')
  }
  return parameters
}
