import { accountOf } from '../../flow/account.ts'
import { objectAt } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const clickup = {
  type: 'clickup_account',
  name: 'ClickUp',
  docs: 'https://developer.clickup.com/docs/authentication',
  server: {
    authorizationEndpoint: 'https://app.clickup.com/api',
    tokenEndpoint: 'https://api.clickup.com/api/v2/oauth/token',
  },
  clientAuthentication: ['client_secret_post'],
  dialect: { lastsWithoutExpiry: true },
  account: {
    from: 'api',
    url: 'https://api.clickup.com/api/v2/user',
    read: body => {
      const { id, email, username } = objectAt(body, 'user')
      return accountOf(id, email, username)
    },
  },
} as const satisfies OAuth2ProviderDefinition
