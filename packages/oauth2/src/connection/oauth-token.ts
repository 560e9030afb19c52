import { lentSecret, type TokenOf, tokenKind } from '@nebula-credential/core'
import { z } from 'zod'

const shared = {
  value: lentSecret(),
  /** What the authorization server granted, where it said so (RFC 6749 section 3.3). */
  scope: z.string().optional(),
  /** What else its answer told of the connection: an instance's address, a workspace. */
  details: z.record(z.string(), z.string()).optional(),
}

/** A bearer token, RFC 6750, of a connection. */
export const connectionToken = tokenKind('bearer', shared)
export type ConnectionToken = TokenOf<typeof connectionToken>

/** A token that is worth nothing without its key, RFC 9449. */
export const dpopToken = tokenKind('dpop', {
  ...shared,
  /** The private key, as the JSON of a JWK. */
  key: lentSecret(),
})
export type DpopToken = TokenOf<typeof dpopToken>
