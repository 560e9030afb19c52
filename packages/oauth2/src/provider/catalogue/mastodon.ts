import { accountOf } from '../../flow/account.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const mastodon = {
  type: 'mastodon_account',
  name: 'Mastodon',
  docs: 'https://docs.joinmastodon.org/spec/oauth/',
  server: {
    authorizationEndpoint: 'https://{domain}/oauth/authorize',
    tokenEndpoint: 'https://{domain}/oauth/token',
    revocationEndpoint: 'https://{domain}/oauth/revoke',
  },
  placeholders: { domain: { kind: 'host', title: 'Host of the instance', example: 'mastodon.social' } },
  clientAuthentication: ['client_secret_post', 'client_secret_basic'],
  pkce: true,
  defaultScope: 'read',
  dialect: {
    lastsWithoutExpiry: true,
    details: (_, tokenEndpoint) => ({ host: new URL(tokenEndpoint).host }),
  },
  account: {
    from: 'api',
    url: '/api/v1/accounts/verify_credentials',
    read: ({ id, acct }) => accountOf(id, acct),
  },
} as const satisfies OAuth2ProviderDefinition
