import { accountOf } from '../../flow/account.ts'
import { objectAt } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const monday = {
  type: 'monday_account',
  name: 'monday.com',
  docs: 'https://developer.monday.com/apps/docs/oauth',
  server: {
    authorizationEndpoint: 'https://auth.monday.com/oauth2/authorize',
    tokenEndpoint: 'https://auth.monday.com/oauth2/token',
  },
  clientAuthentication: ['client_secret_post'],
  dialect: { lastsWithoutExpiry: true },
  // Needs the scope me:read.
  account: {
    from: 'api',
    url: 'https://api.monday.com/v2',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ me { id name email } }"}',
    read: body => {
      const { id, email, name } = objectAt(body, 'data', 'me')
      return accountOf(id, email, name)
    },
  },
} as const satisfies OAuth2ProviderDefinition
