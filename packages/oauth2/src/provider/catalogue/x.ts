import { accountOf } from '../../flow/account.ts'
import { objectAt } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const x = {
  type: 'x_account',
  name: 'X',
  docs: 'https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code',
  server: {
    authorizationEndpoint: 'https://x.com/i/oauth2/authorize',
    tokenEndpoint: 'https://api.x.com/2/oauth2/token',
    revocationEndpoint: 'https://api.x.com/2/oauth2/revoke',
  },
  clientAuthentication: ['client_secret_basic', 'none'],
  pkce: true,
  alwaysScope: 'users.read tweet.read offline.access',
  account: {
    from: 'api',
    url: 'https://api.x.com/2/users/me',
    read: body => {
      const { id, username } = objectAt(body, 'data')
      return accountOf(id, username)
    },
  },
} as const satisfies OAuth2ProviderDefinition
