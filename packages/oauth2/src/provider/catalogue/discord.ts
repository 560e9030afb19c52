import { accountOf } from '../../flow/account.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const discord = {
  type: 'discord_account',
  name: 'Discord',
  docs: 'https://discord.com/developers/docs/topics/oauth2',
  server: {
    authorizationEndpoint: 'https://discord.com/oauth2/authorize',
    tokenEndpoint: 'https://discord.com/api/oauth2/token',
    revocationEndpoint: 'https://discord.com/api/oauth2/token/revoke',
  },
  clientAuthentication: ['client_secret_basic', 'client_secret_post'],
  pkce: true,
  alwaysScope: 'identify',
  account: {
    from: 'api',
    url: 'https://discord.com/api/users/@me',
    read: ({ id, username }) => accountOf(id, username),
  },
} as const satisfies OAuth2ProviderDefinition
