import { accountOf } from '../../flow/account.ts'
import { textsOf } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const stripe = {
  type: 'stripe_account',
  name: 'Stripe Connect',
  docs: 'https://docs.stripe.com/connect/oauth-reference',
  server: {
    authorizationEndpoint: 'https://connect.stripe.com/oauth/authorize',
    tokenEndpoint: 'https://connect.stripe.com/oauth/token',
  },
  // The secret is the platform's API key.
  clientAuthentication: ['client_secret_post'],
  defaultScope: 'read_write',
  dialect: {
    lastsWithoutExpiry: true,
    details: body => textsOf(body, 'stripe_user_id', 'stripe_publishable_key'),
  },
  account: { from: 'token response', read: ({ stripe_user_id: id }) => accountOf(id) },
  revocation: {
    method: 'POST',
    url: 'https://connect.stripe.com/oauth/deauthorize',
    headers: { authorization: 'Bearer {client_secret}' },
    form: { client_id: '{client_id}', stripe_user_id: '{stripe_user_id}' },
  },
} as const satisfies OAuth2ProviderDefinition
