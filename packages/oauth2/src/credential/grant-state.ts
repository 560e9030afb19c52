import { z } from 'zod'
import { authorizationServer, requestedAccess } from '../token-endpoint/authorization-server.ts'
import { oauthClient } from '../token-endpoint/oauth-client.ts'
import { tokenSet } from '../token-endpoint/token-set.ts'

/** What every OAuth credential type takes: the server, our client there, and what to ask for. */
export const registrationInput = z.strictObject({
  server: authorizationServer,
  client: oauthClient,
  ...requestedAccess.shape,
  /** The lifetime of access tokens where the server names none, in ms. Default 1 h. */
  assumedLifetimeMs: z.number().int().positive().optional(),
})

/** What every OAuth credential type keeps. */
export const grantState = z.object({
  ...registrationInput.shape,
  /** The one last used. */
  tokenEndpoint: z.string(),
  tokens: tokenSet,
})
export type GrantState = z.output<typeof grantState>

/** The circuit breaker's name of a client at a token endpoint. */
export function grantPeer({
  tokenEndpoint,
  client,
}: {
  readonly tokenEndpoint: string
  readonly client: { readonly id: string }
}): string {
  return `${new URL(tokenEndpoint).origin} ${client.id}`
}
