import { accountOf } from '../../flow/account.ts'
import { objectAt, textsOf } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const calendly = {
  type: 'calendly_account',
  name: 'Calendly',
  docs: 'https://developer.calendly.com/api-docs/3cefb59b832eb-calendly-o-auth-2-0',
  server: {
    authorizationEndpoint: 'https://auth.calendly.com/oauth/authorize',
    tokenEndpoint: 'https://auth.calendly.com/oauth/token',
    revocationEndpoint: 'https://auth.calendly.com/oauth/revoke',
  },
  clientAuthentication: ['client_secret_post', 'client_secret_basic', 'none'],
  pkce: true,
  dialect: { details: body => textsOf(body, 'owner', 'organization') },
  account: {
    from: 'api',
    url: 'https://api.calendly.com/users/me',
    read: body => {
      const { uri, email, name } = objectAt(body, 'resource')
      return accountOf(uri, email, name)
    },
  },
} as const satisfies OAuth2ProviderDefinition
