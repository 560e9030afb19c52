import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const keycloak = {
  type: 'keycloak_account',
  name: 'Keycloak',
  docs: 'https://www.keycloak.org/securing-apps/oidc-layers',
  server: { issuer: 'https://{domain}/realms/{realm}' },
  placeholders: {
    domain: { kind: 'host', title: 'Host of the instance', example: 'login.example.com' },
    realm: { kind: 'segment', title: 'Name of the realm', example: 'acme' },
  },
  clientAuthentication: [
    'client_secret_basic',
    'client_secret_post',
    'client_secret_jwt',
    'private_key_jwt',
    'none',
  ],
  pkce: true,
  alwaysScope: 'openid',
} as const satisfies OAuth2ProviderDefinition
