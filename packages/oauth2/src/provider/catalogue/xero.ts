import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const xero = {
  type: 'xero_account',
  name: 'Xero',
  docs: 'https://developer.xero.com/documentation/guides/oauth2/auth-flow/',
  server: {
    issuer: 'https://identity.xero.com',
    authorizationEndpoint: 'https://login.xero.com/identity/connect/authorize',
    tokenEndpoint: 'https://identity.xero.com/connect/token',
    revocationEndpoint: 'https://identity.xero.com/connect/revocation',
    userinfoEndpoint: 'https://identity.xero.com/connect/userinfo',
  },
  clientAuthentication: ['client_secret_basic', 'none'],
  pkce: true,
  alwaysScope: 'openid email offline_access',
} as const satisfies OAuth2ProviderDefinition
