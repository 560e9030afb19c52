import { secret } from '@nebula-credential/core'
import { z } from 'zod'

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]'])

/** An endpoint that gets secrets: https, or http on this machine itself. */
const endpoint = z.url({ protocol: /^https?$/ }).refine(isConfidential, 'must be an https URL')

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
    /** RFC 7009. */
    revocationEndpoint: endpoint.optional(),
    /** RFC 7662. */
    introspectionEndpoint: endpoint.optional(),
  }),
])
export type AuthorizationServer = z.output<typeof authorizationServer>

const clientId = z.string().min(1)

/** Our client there, and how it authenticates: OpenID Connect Core section 9. */
export const oauthClient = z.discriminatedUnion('authentication', [
  z.strictObject({ authentication: z.literal('client_secret_basic'), id: clientId, secret: secret() }),
  z.strictObject({ authentication: z.literal('client_secret_post'), id: clientId, secret: secret() }),
  z.strictObject({ authentication: z.literal('none'), id: clientId }),
])
export type OAuthClient = z.output<typeof oauthClient>

const ownParameters = new Set([
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'refresh_token',
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
  /** Further parameters of the server's own. Not for secrets. */
  parameters: z
    .record(z.string().min(1), z.string())
    .refine(given => !Object.keys(given).some(name => ownParameters.has(name)), {
      error: `must not name one of ${[...ownParameters].join(', ')}`,
    })
    .optional(),
})
export type RequestedAccess = z.output<typeof requestedAccess>
