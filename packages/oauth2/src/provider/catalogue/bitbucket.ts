import { accountOf } from '../../flow/account.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const bitbucket = {
  type: 'bitbucket_account',
  name: 'Bitbucket',
  docs: 'https://developer.atlassian.com/cloud/bitbucket/oauth-2/',
  server: {
    authorizationEndpoint: 'https://bitbucket.org/site/oauth2/authorize',
    tokenEndpoint: 'https://bitbucket.org/site/oauth2/access_token',
  },
  clientAuthentication: ['client_secret_basic'],
  dialect: {
    readTokens: ({ scopes, ...body }) => ({ ...body, ...(scopes !== undefined && { scope: scopes }) }),
  },
  // Needs the scope account.
  account: {
    from: 'api',
    url: 'https://api.bitbucket.org/2.0/user',
    read: ({ uuid, username, display_name: name }) => accountOf(uuid, username, name),
  },
} as const satisfies OAuth2ProviderDefinition
