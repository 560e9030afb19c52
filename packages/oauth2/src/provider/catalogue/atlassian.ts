import { accountOf } from '../../flow/account.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const atlassian = {
  type: 'atlassian_account',
  name: 'Atlassian',
  docs: 'https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/',
  server: {
    authorizationEndpoint: 'https://auth.atlassian.com/authorize',
    tokenEndpoint: 'https://auth.atlassian.com/oauth/token',
  },
  clientAuthentication: ['client_secret_post'],
  alwaysScope: 'offline_access',
  defaultScope: 'read:me',
  dialect: {
    body: 'json',
    authorizationParameters: { audience: 'api.atlassian.com', prompt: 'consent' },
  },
  // Needs the scope read:me.
  account: {
    from: 'api',
    url: 'https://api.atlassian.com/me',
    read: ({ account_id: id, email, name }) => accountOf(id, email, name),
  },
} as const satisfies OAuth2ProviderDefinition
