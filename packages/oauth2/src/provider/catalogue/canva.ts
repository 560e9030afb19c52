import { accountOf } from '../../flow/account.ts'
import { objectAt } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const canva = {
  type: 'canva_account',
  name: 'Canva',
  docs: 'https://www.canva.dev/docs/connect/authentication/',
  server: {
    authorizationEndpoint: 'https://www.canva.com/api/oauth/authorize',
    tokenEndpoint: 'https://api.canva.com/rest/v1/oauth/token',
    revocationEndpoint: 'https://api.canva.com/rest/v1/oauth/revoke',
    introspectionEndpoint: 'https://api.canva.com/rest/v1/oauth/introspect',
  },
  clientAuthentication: ['client_secret_basic', 'client_secret_post'],
  pkce: true,
  account: {
    from: 'api',
    url: 'https://api.canva.com/rest/v1/users/me',
    read: body => accountOf(objectAt(body, 'team_user').user_id),
  },
} as const satisfies OAuth2ProviderDefinition
