import { accountOf } from '../../flow/account.ts'
import { objectAt } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const linear = {
  type: 'linear_account',
  name: 'Linear',
  docs: 'https://linear.app/developers/oauth-2-0-authentication',
  server: {
    authorizationEndpoint: 'https://linear.app/oauth/authorize',
    tokenEndpoint: 'https://api.linear.app/oauth/token',
    revocationEndpoint: 'https://api.linear.app/oauth/revoke',
  },
  clientAuthentication: ['client_secret_post', 'none'],
  pkce: true,
  alwaysScope: 'read',
  dialect: { scopeSeparator: ',' },
  account: {
    from: 'api',
    url: 'https://api.linear.app/graphql',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ viewer { id name email } }"}',
    read: body => {
      const { id, email, name } = objectAt(body, 'data', 'viewer')
      return accountOf(id, email, name)
    },
  },
} as const satisfies OAuth2ProviderDefinition
