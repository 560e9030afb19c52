import { accountOf } from '../../flow/account.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const amazon = {
  type: 'amazon_account',
  name: 'Amazon',
  docs: 'https://developer.amazon.com/docs/login-with-amazon/authorization-code-grant.html',
  server: {
    authorizationEndpoint: 'https://www.amazon.com/ap/oa',
    tokenEndpoint: 'https://api.amazon.com/auth/o2/token',
  },
  clientAuthentication: ['client_secret_post', 'client_secret_basic', 'none'],
  pkce: true,
  defaultScope: 'profile',
  account: {
    from: 'api',
    url: 'https://api.amazon.com/user/profile',
    read: ({ user_id: id, email, name }) => accountOf(id, email, name),
  },
} as const satisfies OAuth2ProviderDefinition
