import { defineCredential, type TokenFields } from '@nebula-credential/core'
import { z } from 'zod'
import { flowInput } from '../flow/flow-input.ts'
import type { ConnectionState } from './connection-state.ts'
import { connectionParts, defineConnection, tokenFields } from './define-connection.ts'
import { type DpopToken, dpopToken } from './oauth-token.ts'

const connectionInput = z.strictObject({
  ...flowInput.omit({ dpop: true }).shape,
  /** How the person consents: in their browser (RFC 6749 section 4.1), or by a code on another device (RFC 8628). */
  grant: z.enum(['authorization_code', 'device_code']).optional(),
})

type ConnectionInput = z.output<typeof connectionInput>

const onDevice = ({ grant }: ConnectionInput) => grant === 'device_code'
const request = ({ grant: _grant, ...config }: ConnectionInput) => config

/**
 * A person's account at any authorization server that keeps to the standards.
 *
 * @example
 * const begun = await acme.beginAuthorization(oauth2Connection, {
 *   server: { issuer: 'https://login.example.com' },
 *   client: { authentication: 'client_secret_basic', id: 'workflows', secret },
 *   redirectUri: 'https://app.example.com/callback',
 *   scope: 'openid offline_access reports.read',
 * })
 */
export const oauth2Connection = defineConnection({
  type: 'oauth2_connection',
  input: connectionInput,
  request,
  onDevice,
})

const bound = connectionParts(
  {
    type: 'oauth2_dpop_connection',
    input: connectionInput,
    request: given => ({ ...request(given), dpop: true }),
    onDevice,
  },
  dpopToken,
)

/** As {@link oauth2Connection}, with tokens that are bound to a key of their own, RFC 9449. */
export const oauth2DpopConnection = defineCredential({
  // biome-ignore lint/nursery/noMisusedPromises: it is no promise
  ...bound,
  access(state: ConnectionState): TokenFields<DpopToken> {
    const { dpopKey } = state
    if (dpopKey === undefined) throw new Error('A DPoP connection without a key')
    return { ...tokenFields(state), key: dpopKey }
  },
})
