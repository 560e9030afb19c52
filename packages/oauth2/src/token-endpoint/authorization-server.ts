import { z } from 'zod'

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]'])

/** An endpoint that gets secrets: https, or http on this machine itself. */
export const endpoint = z.url({ protocol: /^https?$/ }).refine(isConfidential, 'must be an https URL')

function isConfidential(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'https:' || loopbackHosts.has(url.hostname))
}

/** Where the authorization server is: its issuer, whose metadata name the endpoints, or the endpoints themselves. */
export const authorizationServer = z.union([
  z.strictObject({
    issuer: endpoint,
    /** OpenID Connect Discovery, or RFC 8414. Default `oidc`. */
    discovery: z.enum(['oidc', 'oauth2']).optional(),
  }),
  z.strictObject({
    tokenEndpoint: endpoint,
    /** Who signs ID tokens and names itself in callbacks (RFC 9207); without it neither is believed. */
    issuer: endpoint.optional(),
    authorizationEndpoint: endpoint.optional(),
    /** RFC 8628. */
    deviceAuthorizationEndpoint: endpoint.optional(),
    /** RFC 9126. */
    pushedAuthorizationRequestEndpoint: endpoint.optional(),
    /** OpenID Connect Core section 5.3. */
    userinfoEndpoint: endpoint.optional(),
    /** RFC 7009. */
    revocationEndpoint: endpoint.optional(),
    /** RFC 7662. */
    introspectionEndpoint: endpoint.optional(),
  }),
])
export type AuthorizationServer = z.output<typeof authorizationServer>

/** Whether the endpoints come from the issuer's metadata. */
export function isDiscovered(
  server: AuthorizationServer,
): server is Exclude<AuthorizationServer, { tokenEndpoint: string }> {
  return !('tokenEndpoint' in server)
}

const ownParameters = new Set([
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'refresh_token',
  'code',
  'code_verifier',
  'code_challenge',
  'code_challenge_method',
  'device_code',
  'assertion',
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'request',
  'request_uri',
  'dpop_jkt',
  'redirect_uri',
  'response_type',
  'state',
  'nonce',
  'scope',
  'audience',
  'resource',
])

/** What a token request asks for. */
export const requestedAccess = z.object({
  /** RFC 6749 section 3.3. */
  scope: z.string().min(1).optional(),
  /** What some servers call the service that the token is for. */
  audience: z.string().min(1).optional(),
  /** RFC 8707. */
  resource: z.array(z.url()).optional(),
  /** Further parameters of token requests, of the server's own. Not for secrets. */
  parameters: z
    .record(z.string().min(1), z.string())
    .refine(given => !Object.keys(given).some(name => ownParameters.has(name)), {
      error: `must not name one of ${[...ownParameters].join(', ')}`,
    })
    .optional(),
})
export type RequestedAccess = z.output<typeof requestedAccess>

/** What a request asks for, as its parameters. */
export function parametersOf({ scope, audience, resource, parameters }: RequestedAccess): URLSearchParams {
  const search = new URLSearchParams(parameters)
  if (scope !== undefined) search.set('scope', scope)
  if (audience !== undefined) search.set('audience', audience)
  for (const service of resource ?? []) search.append('resource', service)
  return search
}
