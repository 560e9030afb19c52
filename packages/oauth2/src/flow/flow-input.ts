import { z } from 'zod'
import { authorizationServer, endpoint, requestedAccess } from '../token-endpoint/authorization-server.ts'
import { oauthClient } from '../token-endpoint/oauth-client.ts'

/** Where the browser comes back to. Our own parameters would be lost in the token request. */
export const redirectUri = z
  .union([endpoint, z.url({ protocol: /^[a-z][a-z0-9+-]*\.[a-z0-9.+-]*$/ })])
  .refine(text => !/[?#]/.test(text), 'must have no query and no fragment; put your own data into the state')

/** What a person's consent is asked for, as a program supplies it. */
export const flowInput = z.strictObject({
  server: authorizationServer,
  client: oauthClient,
  /** Where the browser comes back to. Needed for the authorization code grant. */
  redirectUri: redirectUri.optional(),
  ...requestedAccess.shape,
  /** Further parameters of the authorization request. Not for secrets. */
  authorizationParameters: requestedAccess.shape.parameters,
  /** Binds the tokens to a key of their own, RFC 9449. Default false. */
  dpop: z.boolean().optional(),
  /** The lifetime of access tokens where the server names none, in ms. Default 1 h. */
  assumedLifetimeMs: z.number().int().positive().optional(),
})
