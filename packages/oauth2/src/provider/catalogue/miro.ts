import { accountOf } from '../../flow/account.ts'
import { textsOf } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const miro = {
  type: 'miro_account',
  name: 'Miro',
  docs: 'https://developers.miro.com/docs/getting-started-with-oauth',
  server: {
    authorizationEndpoint: 'https://miro.com/oauth/authorize',
    tokenEndpoint: 'https://api.miro.com/v1/oauth/token',
  },
  clientAuthentication: ['client_secret_post'],
  dialect: {
    lastsWithoutExpiry: true,
    details: body => textsOf(body, 'team_id'),
  },
  account: { from: 'token response', read: ({ user_id: id }) => accountOf(id) },
  // Ends the refresh token of the access token too.
  revocation: {
    method: 'POST',
    url: 'https://api.miro.com/v2/oauth/revoke',
    json: { accessToken: '{token}', clientId: '{client_id}', clientSecret: '{client_secret}' },
  },
} as const satisfies OAuth2ProviderDefinition
