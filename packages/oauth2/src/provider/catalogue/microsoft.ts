import { accountOfIdToken } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const microsoft = {
  type: 'microsoft_account',
  name: 'Microsoft',
  docs: 'https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow',
  server: {
    authorizationEndpoint: 'https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize',
    tokenEndpoint: 'https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token',
    deviceAuthorizationEndpoint: 'https://login.microsoftonline.com/{tenant}/oauth2/v2.0/devicecode',
  },
  placeholders: {
    tenant: {
      kind: 'segment',
      title: 'Id or domain of the directory; common, organizations or consumers',
      example: 'contoso.onmicrosoft.com',
      default: 'common',
    },
  },
  clientAuthentication: ['client_secret_post', 'client_secret_basic', 'private_key_jwt', 'none'],
  pkce: true,
  alwaysScope: 'openid email offline_access',
  // The issuer is the person's own directory, and userinfo takes no tokens but those of one API.
  account: { from: 'token response', read: accountOfIdToken },
} as const satisfies OAuth2ProviderDefinition
