import { defineCredential, lentSecret, secret, type TokenOf, tokenKind } from '@nebula-credential/core'
import { z } from 'zod'

/** A key that proves who sent a request: a kind of token of this program's own. */
export const signingKeyToken = tokenKind('signing-key', { keyId: z.string(), key: lentSecret() })
export type SigningKeyToken = TokenOf<typeof signingKeyToken>

const fields = {
  keyId: z.string().regex(/^[\w.-]{1,64}$/, 'must be the id of a key'),
  /** Shared with the partner, in base64. */
  key: secret(z.base64().min(44)),
}

/** The partner's key for HTTP Message Signatures. */
export const partnerSigningKey = defineCredential({
  type: 'partner_signing_key',
  input: z.strictObject(fields),
  state: z.object(fields),
  token: signingKeyToken,
  initialize: input => input,
  access: state => state,
})
