import { accountOf } from '../../flow/account.ts'
import type { JsonObject } from '../../token-endpoint/json-object.ts'
import { objectAt } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const facebook = {
  type: 'facebook_account',
  name: 'Facebook',
  docs: 'https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow',
  server: {
    authorizationEndpoint: 'https://www.facebook.com/{version}/dialog/oauth',
    tokenEndpoint: 'https://graph.facebook.com/{version}/oauth/access_token',
  },
  placeholders: {
    version: {
      kind: 'segment',
      title: 'Version of the Graph API',
      example: 'v23.0',
      default: 'v23.0',
    },
  },
  clientAuthentication: ['client_secret_post'],
  dialect: { scopeSeparator: ',', readTokens: withErrorCode },
  account: {
    from: 'api',
    url: 'https://graph.facebook.com/me?fields=id,name',
    read: ({ id, name }) => accountOf(id, name),
  },
  // Ends all that the person has granted to the app: there is no way for one token.
  revocation: {
    method: 'DELETE',
    url: '../me/permissions',
    headers: { authorization: 'Bearer {token}' },
    // The person has removed the app.
    endedErrors: { at: ['error', 'error_subcode'], codes: [458] },
  },
} as const satisfies OAuth2ProviderDefinition

/** Its errors are objects, with numbers for codes. */
function withErrorCode(body: JsonObject): JsonObject {
  const { code } = objectAt(body, 'error')
  const error = typeof code === 'number' ? errorCodes[code] : undefined
  return error === undefined ? body : { ...body, error }
}

const errorCodes: Record<number, string> = {
  1: 'server_error',
  2: 'temporarily_unavailable',
  4: 'slow_down',
  101: 'invalid_client',
  190: 'invalid_grant',
}
