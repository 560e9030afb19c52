/** Slack's errors, which come with HTTP 200, in the words of RFC 6749. */
export const slackErrorCodes = {
  account_inactive: 'invalid_grant',
  bad_client_secret: 'invalid_client',
  bad_redirect_uri: 'invalid_request',
  code_already_used: 'invalid_grant',
  fatal_error: 'server_error',
  internal_error: 'server_error',
  invalid_client_id: 'invalid_client',
  invalid_code: 'invalid_grant',
  invalid_refresh_token: 'invalid_grant',
  ratelimited: 'slow_down',
  service_unavailable: 'temporarily_unavailable',
  token_revoked: 'invalid_grant',
} as const
