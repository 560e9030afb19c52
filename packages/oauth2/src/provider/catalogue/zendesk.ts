import { accountOf } from '../../flow/account.ts'
import { objectAt } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const zendesk = {
  type: 'zendesk_account',
  name: 'Zendesk',
  docs: 'https://support.zendesk.com/hc/en-us/articles/4408845965210',
  server: {
    authorizationEndpoint: 'https://{subdomain}.zendesk.com/oauth/authorizations/new',
    tokenEndpoint: 'https://{subdomain}.zendesk.com/oauth/tokens',
  },
  placeholders: {
    subdomain: { kind: 'label', title: 'The account, as in acme.zendesk.com', example: 'acme' },
  },
  clientAuthentication: ['client_secret_post', 'none'],
  pkce: true,
  defaultScope: 'read',
  dialect: {
    lastsWithoutExpiry: true,
    details: (_, tokenEndpoint) => ({ host: new URL(tokenEndpoint).host }),
  },
  account: {
    from: 'api',
    url: '/api/v2/users/me.json',
    read: body => {
      const { id, email, name } = objectAt(body, 'user')
      return accountOf(id, email, name)
    },
  },
  revocation: {
    method: 'DELETE',
    url: '/api/v2/oauth/tokens/current.json',
    headers: { authorization: 'Bearer {token}' },
    endedStatuses: [401],
  },
} as const satisfies OAuth2ProviderDefinition
