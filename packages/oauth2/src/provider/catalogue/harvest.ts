import { accountOf } from '../../flow/account.ts'
import { objectAt } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const harvest = {
  type: 'harvest_account',
  name: 'Harvest',
  docs: 'https://help.getharvest.com/api-v2/authentication-api/authentication/authentication/',
  server: {
    authorizationEndpoint: 'https://id.getharvest.com/oauth2/authorize',
    tokenEndpoint: 'https://id.getharvest.com/api/v2/oauth2/token',
  },
  clientAuthentication: ['client_secret_post'],
  account: {
    from: 'api',
    url: 'https://id.getharvest.com/api/v2/accounts',
    read: body => {
      const { id, email } = objectAt(body, 'user')
      return accountOf(id, email)
    },
  },
} as const satisfies OAuth2ProviderDefinition
