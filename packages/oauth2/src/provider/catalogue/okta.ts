import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const okta = {
  type: 'okta_account',
  name: 'Okta',
  docs: 'https://developer.okta.com/docs/guides/implement-grant-type/authcodepkce/main/',
  server: { issuer: 'https://{domain}' },
  placeholders: { domain: { kind: 'host', title: 'Domain of the organization', example: 'acme.okta.com' } },
  clientAuthentication: [
    'client_secret_basic',
    'client_secret_post',
    'client_secret_jwt',
    'private_key_jwt',
    'none',
  ],
  pkce: true,
  alwaysScope: 'openid offline_access',
  defaultScope: 'email',
} as const satisfies OAuth2ProviderDefinition
