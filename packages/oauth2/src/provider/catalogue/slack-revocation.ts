import type { OwnRevocation } from '../../connection/revoke-connection.ts'

/** How Slack ends one token, of a bot or a person; the app stays installed. Its errors come with HTTP 200. */
export const slackRevocation = {
  method: 'POST',
  url: 'https://slack.com/api/auth.revoke',
  headers: { authorization: 'Bearer {token}' },
  success: 'revoked',
  endedErrors: { at: ['error'], codes: ['token_revoked', 'account_inactive'] },
} as const satisfies OwnRevocation
