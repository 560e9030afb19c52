import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const quickbooks = {
  type: 'quickbooks_account',
  name: 'QuickBooks Online',
  docs: 'https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0',
  server: {
    authorizationEndpoint: 'https://appcenter.intuit.com/connect/oauth2',
    tokenEndpoint: 'https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer',
    userinfoEndpoint: 'https://accounts.platform.intuit.com/v1/openid_connect/userinfo',
  },
  clientAuthentication: ['client_secret_basic'],
  defaultScope: 'com.intuit.quickbooks.accounting',
  // The company, which every call names.
  dialect: { callbackDetails: ['realmId'] },
  revocation: {
    method: 'POST',
    url: 'https://developer.api.intuit.com/v2/oauth2/tokens/revoke',
    token: 'refresh_token',
    basic: true,
    json: { token: '{token}' },
  },
} as const satisfies OAuth2ProviderDefinition
