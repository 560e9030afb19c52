import { textsOf } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const wrike = {
  type: 'wrike_account',
  name: 'Wrike',
  docs: 'https://developers.wrike.com/oauth-20-authorization/',
  server: {
    authorizationEndpoint: 'https://login.wrike.com/oauth2/authorize/v4',
    tokenEndpoint: 'https://login.wrike.com/oauth2/token',
  },
  clientAuthentication: ['client_secret_post'],
  dialect: { scopeSeparator: ',', details: body => textsOf(body, 'host') },
} as const satisfies OAuth2ProviderDefinition
