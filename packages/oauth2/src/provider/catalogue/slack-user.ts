import { accountOf } from '../../flow/account.ts'
import { objectAt, textsOf, whenOk } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'
import { slackErrorCodes } from './slack-error-codes.ts'
import { slackRevocation } from './slack-revocation.ts'

export const slackUser = {
  type: 'slack_user_account',
  name: 'Slack (user)',
  docs: 'https://docs.slack.dev/authentication/installing-with-oauth',
  server: {
    authorizationEndpoint: 'https://slack.com/oauth/v2/authorize',
    tokenEndpoint: 'https://slack.com/api/oauth.v2.access',
  },
  clientAuthentication: ['client_secret_basic', 'client_secret_post', 'none'],
  dialect: {
    scopeParameter: 'user_scope',
    // Apps that have not been made public clients must not send one.
    proofKey: 'without secret',
    scopeSeparator: ',',
    lastsWithoutExpiry: true,
    errorCodes: slackErrorCodes,
    // The person's token is nested, but for that of a refresh.
    readTokens: ({ authed_user: user, ...body }) => {
      const nested = objectAt({ user }, 'user')
      return typeof nested.access_token === 'string' ? { ok: body.ok, ...nested } : body
    },
    details: body => ({
      ...textsOf(body, 'app_id'),
      ...(typeof objectAt(body, 'team').id === 'string' && { team_id: String(objectAt(body, 'team').id) }),
    }),
  },
  account: {
    from: 'api',
    url: 'https://slack.com/api/auth.test',
    read: body => {
      const { user_id: id, user, team } = whenOk(body)
      return accountOf(id, `${user} (${team})`)
    },
  },
  revocation: slackRevocation,
} as const satisfies OAuth2ProviderDefinition
