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
  dialect: {
    lastsWithoutExpiry: true,
    // Zero stands for "never".
    readTokens: ({ expires_in: lifetime, ...body }) =>
      lifetime === 0 ? body : { ...body, expires_in: lifetime },
  },
} as const satisfies OAuth2ProviderDefinition
