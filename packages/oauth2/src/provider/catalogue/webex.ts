import { accountOf } from '../../flow/account.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const webex = {
  type: 'webex_account',
  name: 'Webex',
  docs: 'https://developer.webex.com/create/docs/integrations',
  server: {
    authorizationEndpoint: 'https://webexapis.com/v1/authorize',
    tokenEndpoint: 'https://webexapis.com/v1/access_token',
  },
  clientAuthentication: ['client_secret_post'],
  pkce: true,
  alwaysScope: 'spark:people_read',
  account: {
    from: 'api',
    url: 'https://webexapis.com/v1/people/me',
    read: ({ id, displayName }) => accountOf(id, displayName),
  },
} as const satisfies OAuth2ProviderDefinition
