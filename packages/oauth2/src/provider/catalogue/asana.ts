import { accountOf } from '../../flow/account.ts'
import { objectAt } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const asana = {
  type: 'asana_account',
  name: 'Asana',
  docs: 'https://developers.asana.com/docs/oauth',
  server: {
    authorizationEndpoint: 'https://app.asana.com/-/oauth_authorize',
    tokenEndpoint: 'https://app.asana.com/-/oauth_token',
    revocationEndpoint: 'https://app.asana.com/-/oauth_revoke',
  },
  clientAuthentication: ['client_secret_post'],
  pkce: true,
  account: {
    from: 'token response',
    read: body => {
      const { gid, id, email, name } = objectAt(body, 'data')
      return accountOf(gid ?? id, email, name)
    },
  },
} as const satisfies OAuth2ProviderDefinition
