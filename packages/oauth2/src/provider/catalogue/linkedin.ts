import { withSpacedScope } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const linkedin = {
  type: 'linkedin_account',
  name: 'LinkedIn',
  docs: 'https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow',
  server: {
    authorizationEndpoint: 'https://www.linkedin.com/oauth/v2/authorization',
    tokenEndpoint: 'https://www.linkedin.com/oauth/v2/accessToken',
    userinfoEndpoint: 'https://api.linkedin.com/v2/userinfo',
  },
  clientAuthentication: ['client_secret_post'],
  defaultScope: 'openid profile email',
  dialect: { proofKey: 'none', readTokens: withSpacedScope },
} as const satisfies OAuth2ProviderDefinition
