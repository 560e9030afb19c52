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
  // The company stands in the callback alone, as realmId.
  defaultScope: 'com.intuit.quickbooks.accounting',
} as const satisfies OAuth2ProviderDefinition
