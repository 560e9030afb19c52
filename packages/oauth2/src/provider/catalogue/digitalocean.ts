import { accountOf } from '../../flow/account.ts'
import { objectAt } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const digitalocean = {
  type: 'digitalocean_account',
  name: 'DigitalOcean',
  docs: 'https://docs.digitalocean.com/reference/api/oauth/',
  server: {
    authorizationEndpoint: 'https://cloud.digitalocean.com/v1/oauth/authorize',
    tokenEndpoint: 'https://cloud.digitalocean.com/v1/oauth/token',
  },
  clientAuthentication: ['client_secret_post'],
  defaultScope: 'read',
  account: {
    from: 'token response',
    read: body => {
      const { uuid, email, name } = objectAt(body, 'info')
      return accountOf(uuid, email, name)
    },
  },
} as const satisfies OAuth2ProviderDefinition
