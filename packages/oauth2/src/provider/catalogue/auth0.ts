import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const auth0 = {
  type: 'auth0_account',
  name: 'Auth0',
  docs: 'https://auth0.com/docs/get-started/authentication-and-authorization-flow/authorization-code-flow',
  server: { issuer: 'https://{domain}/' },
  placeholders: {
    domain: { kind: 'host', title: 'Domain of the tenant', example: 'acme.eu.auth0.com' },
  },
  clientAuthentication: ['client_secret_post', 'client_secret_basic', 'private_key_jwt', 'none'],
  pkce: true,
  alwaysScope: 'openid offline_access',
  defaultScope: 'email',
} as const satisfies OAuth2ProviderDefinition
