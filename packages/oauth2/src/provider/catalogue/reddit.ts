import { accountOf } from '../../flow/account.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const reddit = {
  type: 'reddit_account',
  name: 'Reddit',
  docs: 'https://github.com/reddit-archive/reddit/wiki/OAuth2',
  server: {
    authorizationEndpoint: 'https://www.reddit.com/api/v1/authorize',
    tokenEndpoint: 'https://www.reddit.com/api/v1/access_token',
    revocationEndpoint: 'https://www.reddit.com/api/v1/revoke_token',
  },
  clientAuthentication: ['client_secret_basic'],
  alwaysScope: 'identity',
  dialect: { authorizationParameters: { duration: 'permanent' } },
  account: {
    from: 'api',
    url: 'https://oauth.reddit.com/api/v1/me',
    read: ({ id, name }) => accountOf(id, name),
  },
} as const satisfies OAuth2ProviderDefinition
