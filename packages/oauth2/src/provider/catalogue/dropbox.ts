import { accountOf } from '../../flow/account.ts'
import { textsOf } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const dropbox = {
  type: 'dropbox_account',
  name: 'Dropbox',
  docs: 'https://developers.dropbox.com/oauth-guide',
  server: {
    authorizationEndpoint: 'https://www.dropbox.com/oauth2/authorize',
    tokenEndpoint: 'https://api.dropboxapi.com/oauth2/token',
  },
  clientAuthentication: ['client_secret_basic', 'client_secret_post', 'none'],
  pkce: true,
  dialect: {
    authorizationParameters: { token_access_type: 'offline' },
    details: body => textsOf(body, 'account_id', 'team_id'),
  },
  account: {
    from: 'api',
    url: 'https://api.dropboxapi.com/2/users/get_current_account',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: 'null',
    read: ({ account_id: id, email }) => accountOf(id, email),
  },
  // Ends the refresh token of the access token too.
  revocation: {
    method: 'POST',
    url: 'https://api.dropboxapi.com/2/auth/token/revoke',
    headers: { authorization: 'Bearer {token}' },
    endedErrors: { at: ['error', '.tag'], codes: ['invalid_access_token'] },
  },
} as const satisfies OAuth2ProviderDefinition
