import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const google = {
  type: 'google_account',
  name: 'Google',
  docs: 'https://developers.google.com/identity/protocols/oauth2/web-server',
  server: {
    issuer: 'https://accounts.google.com',
    authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
    tokenEndpoint: 'https://oauth2.googleapis.com/token',
    deviceAuthorizationEndpoint: 'https://oauth2.googleapis.com/device/code',
    revocationEndpoint: 'https://oauth2.googleapis.com/revoke',
    userinfoEndpoint: 'https://openidconnect.googleapis.com/v1/userinfo',
  },
  clientAuthentication: ['client_secret_post', 'client_secret_basic'],
  pkce: true,
  alwaysScope: 'openid email',
  dialect: {
    // A refresh token comes with the first consent only, unless consent is asked for anew.
    authorizationParameters: { access_type: 'offline', prompt: 'consent' },
  },
} as const satisfies OAuth2ProviderDefinition
