import { accountOf } from '../../flow/account.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const typeform = {
  type: 'typeform_account',
  name: 'Typeform',
  docs: 'https://www.typeform.com/developers/get-started/applications/',
  server: {
    authorizationEndpoint: 'https://api.typeform.com/oauth/authorize',
    tokenEndpoint: 'https://api.typeform.com/oauth/token',
  },
  clientAuthentication: ['client_secret_post'],
  dialect: { proofKey: 'none' },
  alwaysScope: 'offline accounts:read',
  account: {
    from: 'api',
    url: 'https://api.typeform.com/me',
    read: ({ user_id: id, email, alias }) => accountOf(id ?? email, email, alias),
  },
} as const satisfies OAuth2ProviderDefinition
