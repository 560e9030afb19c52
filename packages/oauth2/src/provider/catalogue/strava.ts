import { accountOf } from '../../flow/account.ts'
import { objectAt } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const strava = {
  type: 'strava_account',
  name: 'Strava',
  docs: 'https://developers.strava.com/docs/authentication/',
  server: {
    authorizationEndpoint: 'https://www.strava.com/oauth/authorize',
    tokenEndpoint: 'https://www.strava.com/oauth/token',
  },
  clientAuthentication: ['client_secret_post'],
  defaultScope: 'read',
  dialect: { scopeSeparator: ',' },
  account: {
    from: 'token response',
    read: body => {
      const { id, username } = objectAt(body, 'athlete')
      return accountOf(id, username)
    },
  },
  revocation: {
    method: 'POST',
    url: 'https://www.strava.com/oauth/revoke',
    token: 'refresh_token',
    basic: true,
    form: { token: '{token}' },
  },
} as const satisfies OAuth2ProviderDefinition
