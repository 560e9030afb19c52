import { accountOf } from '../../flow/account.ts'
import { objectAt, textsOf, whenOk } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'
import { slackErrorCodes } from './slack-error-codes.ts'
import { slackRevocation } from './slack-revocation.ts'

export const slack = {
  type: 'slack_account',
  name: 'Slack (bot)',
  docs: 'https://docs.slack.dev/authentication/installing-with-oauth',
  server: {
    authorizationEndpoint: 'https://slack.com/oauth/v2/authorize',
    tokenEndpoint: 'https://slack.com/api/oauth.v2.access',
  },
  clientAuthentication: ['client_secret_basic', 'client_secret_post'],
  dialect: {
    // Apps that have not been made public clients must not send one.
    proofKey: 'without secret',
    scopeSeparator: ',',
    // Without token rotation a token lasts.
    lastsWithoutExpiry: true,
    errorCodes: slackErrorCodes,
    details: body => ({
      ...textsOf(body, 'app_id', 'bot_user_id'),
      ...(typeof objectAt(body, 'team').id === 'string' && { team_id: String(objectAt(body, 'team').id) }),
    }),
  },
  account: {
    from: 'api',
    url: 'https://slack.com/api/auth.test',
    read: body => {
      const { team_id: id, team } = whenOk(body)
      return accountOf(id, team)
    },
  },
  revocation: slackRevocation,
} as const satisfies OAuth2ProviderDefinition
