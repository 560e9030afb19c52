import { accountOf } from '../../flow/account.ts'
import type { JsonObject } from '../../token-endpoint/json-object.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const hubspot = {
  type: 'hubspot_account',
  name: 'HubSpot',
  docs: 'https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth',
  server: {
    authorizationEndpoint: 'https://app.hubspot.com/oauth/authorize',
    tokenEndpoint: 'https://api.hubapi.com/oauth/v1/token',
    revocationEndpoint: 'https://api.hubapi.com/oauth/2026-03/token/revoke',
  },
  clientAuthentication: ['client_secret_post'],
  alwaysScope: 'oauth',
  dialect: { readTokens: withErrorCode },
  account: {
    from: 'api',
    url: 'https://api.hubapi.com/account-info/v3/details',
    read: ({ portalId }) => accountOf(portalId),
  },
} as const satisfies OAuth2ProviderDefinition

/** Its errors are told by a status. */
function withErrorCode(body: JsonObject): JsonObject {
  const error = typeof body.status === 'string' ? errorCodes[body.status] : undefined
  return error === undefined ? body : { ...body, error }
}

const errorCodes: Record<string, string> = {
  BAD_AUTH_CODE: 'invalid_grant',
  BAD_CLIENT_ID: 'invalid_client',
  BAD_CLIENT_SECRET: 'invalid_client',
  BAD_REDIRECT_URI: 'invalid_request',
  BAD_REFRESH_TOKEN: 'invalid_grant',
}
