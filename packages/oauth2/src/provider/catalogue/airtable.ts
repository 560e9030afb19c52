import { accountOf } from '../../flow/account.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const airtable = {
  type: 'airtable_account',
  name: 'Airtable',
  docs: 'https://airtable.com/developers/web/api/oauth-reference',
  server: {
    authorizationEndpoint: 'https://airtable.com/oauth2/v1/authorize',
    tokenEndpoint: 'https://airtable.com/oauth2/v1/token',
  },
  clientAuthentication: ['client_secret_basic', 'none'],
  pkce: true,
  account: {
    from: 'api',
    url: 'https://api.airtable.com/v0/meta/whoami',
    read: ({ id, email }) => accountOf(id, email),
  },
} as const satisfies OAuth2ProviderDefinition
