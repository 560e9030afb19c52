import { accountOf } from '../../flow/account.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const gitea = {
  type: 'gitea_account',
  name: 'Gitea',
  docs: 'https://docs.gitea.com/development/oauth2-provider',
  server: {
    authorizationEndpoint: 'https://{domain}/login/oauth/authorize',
    tokenEndpoint: 'https://{domain}/login/oauth/access_token',
  },
  placeholders: { domain: { kind: 'host', title: 'Host of the instance', example: 'gitea.example.com' } },
  clientAuthentication: ['client_secret_post', 'client_secret_basic', 'none'],
  pkce: true,
  dialect: { details: (_, tokenEndpoint) => ({ host: new URL(tokenEndpoint).host }) },
  account: { from: 'api', url: '/api/v1/user', read: ({ id, login }) => accountOf(id, login) },
} as const satisfies OAuth2ProviderDefinition
