import { accountOf } from '../../flow/account.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const intercom = {
  type: 'intercom_account',
  name: 'Intercom',
  docs: 'https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/setting-up-oauth',
  server: {
    authorizationEndpoint: 'https://app.intercom.com/oauth',
    tokenEndpoint: 'https://api.intercom.io/auth/eagle/token',
  },
  clientAuthentication: ['client_secret_post'],
  dialect: { lastsWithoutExpiry: true },
  account: { from: 'api', url: 'https://api.intercom.io/me', read: ({ id, email }) => accountOf(id, email) },
} as const satisfies OAuth2ProviderDefinition
