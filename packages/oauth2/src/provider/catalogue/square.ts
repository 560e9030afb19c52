import { accountOf } from '../../flow/account.ts'
import type { JsonObject } from '../../token-endpoint/json-object.ts'
import { textsOf } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const square = {
  type: 'square_account',
  name: 'Square',
  docs: 'https://developer.squareup.com/docs/oauth-api/overview',
  server: {
    authorizationEndpoint: 'https://{host}/oauth2/authorize',
    tokenEndpoint: 'https://{host}/oauth2/token',
  },
  placeholders: {
    host: {
      kind: 'host',
      title: 'Production or sandbox',
      example: 'connect.squareupsandbox.com',
      default: 'connect.squareup.com',
      oneOf: ['connect.squareup.com', 'connect.squareupsandbox.com'],
    },
  },
  clientAuthentication: ['client_secret_post', 'none'],
  defaultScope: 'MERCHANT_PROFILE_READ',
  dialect: {
    body: 'json',
    proofKey: 'without secret',
    readTokens: withLifetime,
    details: body => textsOf(body, 'merchant_id'),
  },
  account: { from: 'token response', read: ({ merchant_id: id }) => accountOf(id) },
  // Ends all tokens that the app has of the merchant.
  revocation: {
    method: 'POST',
    url: '/oauth2/revoke',
    headers: { authorization: 'Client {client_secret}' },
    json: { client_id: '{client_id}', access_token: '{token}' },
    success: 'success',
  },
} as const satisfies OAuth2ProviderDefinition

/** It tells when a token ends, as a date. */
function withLifetime(body: JsonObject): JsonObject {
  const endsAt = Date.parse(String(body.expires_at))
  return Number.isNaN(endsAt) ? body : { ...body, expires_in: Math.max(0, (endsAt - Date.now()) / 1000) }
}
