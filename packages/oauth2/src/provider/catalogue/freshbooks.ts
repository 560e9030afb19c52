import { accountOf } from '../../flow/account.ts'
import { objectAt } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const freshbooks = {
  type: 'freshbooks_account',
  name: 'FreshBooks',
  docs: 'https://www.freshbooks.com/api/authentication',
  server: {
    authorizationEndpoint: 'https://auth.freshbooks.com/oauth/authorize',
    tokenEndpoint: 'https://api.freshbooks.com/auth/oauth/token',
  },
  clientAuthentication: ['client_secret_post'],
  dialect: { body: 'json' },
  account: {
    from: 'api',
    url: 'https://api.freshbooks.com/auth/api/v1/users/me',
    read: body => {
      const { id, email } = objectAt(body, 'response')
      return accountOf(id, email)
    },
  },
} as const satisfies OAuth2ProviderDefinition
