import { accountOf } from '../../flow/account.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const shopify = {
  type: 'shopify_account',
  name: 'Shopify',
  docs: 'https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant',
  server: {
    authorizationEndpoint: 'https://{shop}.myshopify.com/admin/oauth/authorize',
    tokenEndpoint: 'https://{shop}.myshopify.com/admin/oauth/access_token',
  },
  placeholders: { shop: { kind: 'label', title: 'The shop, as in acme.myshopify.com', example: 'acme' } },
  clientAuthentication: ['client_secret_post'],
  dialect: {
    scopeSeparator: ',',
    lastsWithoutExpiry: true,
    details: (_, tokenEndpoint) => ({ shop: new URL(tokenEndpoint).host }),
  },
  account: {
    from: 'token response',
    read: (_, tokenEndpoint) => accountOf(new URL(tokenEndpoint).host),
  },
  // Uninstalls the app from the shop: there is no way for one token.
  revocation: {
    method: 'DELETE',
    url: '/admin/api_permissions/current.json',
    headers: { 'x-shopify-access-token': '{token}' },
    endedStatuses: [401],
  },
} as const satisfies OAuth2ProviderDefinition
