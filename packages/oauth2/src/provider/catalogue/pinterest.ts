import { accountOf } from '../../flow/account.ts'
import { withSpacedScope } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const pinterest = {
  type: 'pinterest_account',
  name: 'Pinterest',
  docs: 'https://developers.pinterest.com/docs/getting-started/set-up-authentication-and-authorization/',
  server: {
    authorizationEndpoint: 'https://www.pinterest.com/oauth/',
    tokenEndpoint: 'https://api.pinterest.com/v5/oauth/token',
  },
  clientAuthentication: ['client_secret_basic'],
  alwaysScope: 'user_accounts:read',
  dialect: { scopeSeparator: ',', readTokens: withSpacedScope },
  account: {
    from: 'api',
    url: 'https://api.pinterest.com/v5/user_account',
    read: ({ id, username }) => accountOf(id ?? username, username),
  },
} as const satisfies OAuth2ProviderDefinition
