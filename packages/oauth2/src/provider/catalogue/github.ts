import { accountOf } from '../../flow/account.ts'
import { withSpacedScope } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const github = {
  type: 'github_account',
  name: 'GitHub',
  docs: 'https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps',
  server: {
    authorizationEndpoint: 'https://github.com/login/oauth/authorize',
    tokenEndpoint: 'https://github.com/login/oauth/access_token',
    deviceAuthorizationEndpoint: 'https://github.com/login/device/code',
  },
  // A device flow needs no secret.
  clientAuthentication: ['client_secret_post', 'none'],
  pkce: true,
  dialect: {
    // Tokens of OAuth apps last until they are revoked; those of GitHub apps expire and say so.
    lastsWithoutExpiry: true,
    readTokens: withSpacedScope,
    // They come with HTTP 200.
    errorCodes: {
      device_flow_disabled: 'unauthorized_client',
      bad_verification_code: 'invalid_grant',
      bad_refresh_token: 'invalid_grant',
      incorrect_client_credentials: 'invalid_client',
      incorrect_device_code: 'invalid_grant',
      redirect_uri_mismatch: 'invalid_request',
      unverified_user_email: 'access_denied',
    },
  },
  account: {
    from: 'api',
    url: 'https://api.github.com/user',
    read: ({ id, login }) => accountOf(id, login),
  },
  // The token's, not the grant's, which would end the person's other connections to the app too.
  revocation: {
    method: 'DELETE',
    url: 'https://api.github.com/applications/{client_id}/token',
    basic: true,
    headers: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
    json: { access_token: '{token}' },
    endedStatuses: [404],
  },
} as const satisfies OAuth2ProviderDefinition
