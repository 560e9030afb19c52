import { accountOf } from '../../flow/account.ts'
import { objectAt, textsOf, withSpacedScope } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const pipedrive = {
  type: 'pipedrive_account',
  name: 'Pipedrive',
  docs: 'https://pipedrive.readme.io/docs/marketplace-oauth-authorization',
  server: {
    authorizationEndpoint: 'https://oauth.pipedrive.com/oauth/authorize',
    tokenEndpoint: 'https://oauth.pipedrive.com/oauth/token',
    revocationEndpoint: 'https://oauth.pipedrive.com/oauth/revoke',
  },
  clientAuthentication: ['client_secret_basic'],
  dialect: { readTokens: withSpacedScope, details: body => textsOf(body, 'api_domain') },
  account: {
    from: 'api',
    url: 'https://api.pipedrive.com/v1/users/me',
    read: body => {
      const { id, email, name } = objectAt(body, 'data')
      return accountOf(id, email, name)
    },
  },
} as const satisfies OAuth2ProviderDefinition
