import { accountOf } from '../../flow/account.ts'
import { objectAt } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const mailchimp = {
  type: 'mailchimp_account',
  name: 'Mailchimp',
  docs: 'https://mailchimp.com/developer/marketing/guides/access-user-data-oauth-2/',
  server: {
    authorizationEndpoint: 'https://login.mailchimp.com/oauth2/authorize',
    tokenEndpoint: 'https://login.mailchimp.com/oauth2/token',
  },
  clientAuthentication: ['client_secret_post'],
  account: {
    from: 'api',
    url: 'https://login.mailchimp.com/oauth2/metadata',
    read: body => {
      const { login_id: id, email } = objectAt(body, 'login')
      return accountOf(id, email, body.accountname)
    },
  },
  dialect: {
    lastsWithoutExpiry: true,
    // Zero stands for "never".
    readTokens: ({ expires_in: lifetime, ...body }) =>
      lifetime === 0 ? body : { ...body, expires_in: lifetime },
  },
} as const satisfies OAuth2ProviderDefinition
