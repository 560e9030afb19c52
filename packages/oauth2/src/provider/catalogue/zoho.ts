import { textsOf } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const zoho = {
  type: 'zoho_account',
  name: 'Zoho',
  docs: 'https://www.zoho.com/accounts/protocol/oauth/web-apps.html',
  server: {
    authorizationEndpoint: 'https://{host}/oauth/v2/auth',
    tokenEndpoint: 'https://{host}/oauth/v2/token',
  },
  placeholders: {
    host: {
      kind: 'host',
      title: 'Data centre of the account',
      example: 'accounts.zoho.eu',
      default: 'accounts.zoho.com',
      oneOf: [
        'accounts.zoho.com',
        'accounts.zoho.eu',
        'accounts.zoho.in',
        'accounts.zoho.com.au',
        'accounts.zoho.jp',
      ],
    },
  },
  clientAuthentication: ['client_secret_post'],
  dialect: {
    scopeSeparator: ',',
    authorizationParameters: { access_type: 'offline', prompt: 'consent' },
    // They come with HTTP 200.
    errorCodes: { invalid_code: 'invalid_grant', invalid_client_secret: 'invalid_client' },
    details: body => textsOf(body, 'api_domain'),
  },
  // It documents no other place for the token. A token that it does not know is a bad request.
  revocation: {
    method: 'POST',
    url: '/oauth/v2/token/revoke?token={token}',
    token: 'refresh_token',
    endedStatuses: [400],
  },
} as const satisfies OAuth2ProviderDefinition
