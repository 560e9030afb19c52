import { accountOf } from '../../flow/account.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const gitlab = {
  type: 'gitlab_account',
  name: 'GitLab',
  docs: 'https://docs.gitlab.com/api/oauth2/',
  server: {
    authorizationEndpoint: 'https://{domain}/oauth/authorize',
    tokenEndpoint: 'https://{domain}/oauth/token',
    deviceAuthorizationEndpoint: 'https://{domain}/oauth/authorize_device',
    revocationEndpoint: 'https://{domain}/oauth/revoke',
    introspectionEndpoint: 'https://{domain}/oauth/introspect',
    userinfoEndpoint: 'https://{domain}/oauth/userinfo',
  },
  placeholders: {
    domain: {
      kind: 'host',
      title: 'Host of the instance',
      example: 'gitlab.example.com',
      default: 'gitlab.com',
    },
  },
  clientAuthentication: ['client_secret_post', 'client_secret_basic', 'none'],
  pkce: true,
  defaultScope: 'read_user',
  dialect: { details: (_, tokenEndpoint) => ({ host: new URL(tokenEndpoint).host }) },
  // Needs one of the scopes read_user, read_api and api.
  account: { from: 'api', url: '/api/v4/user', read: ({ id, username }) => accountOf(id, username) },
} as const satisfies OAuth2ProviderDefinition
