import { accountOf } from '../../flow/account.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const box = {
  type: 'box_account',
  name: 'Box',
  docs: 'https://developer.box.com/guides/authentication/oauth2/',
  server: {
    authorizationEndpoint: 'https://account.box.com/api/oauth2/authorize',
    tokenEndpoint: 'https://api.box.com/oauth2/token',
    revocationEndpoint: 'https://api.box.com/oauth2/revoke',
  },
  clientAuthentication: ['client_secret_post'],
  account: {
    from: 'api',
    url: 'https://api.box.com/2.0/users/me',
    read: ({ id, login, name }) => accountOf(id, login, name),
  },
} as const satisfies OAuth2ProviderDefinition
