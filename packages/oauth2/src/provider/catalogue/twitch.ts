import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const twitch = {
  type: 'twitch_account',
  name: 'Twitch',
  docs: 'https://dev.twitch.tv/docs/authentication/getting-tokens-oauth/',
  server: {
    authorizationEndpoint: 'https://id.twitch.tv/oauth2/authorize',
    tokenEndpoint: 'https://id.twitch.tv/oauth2/token',
    revocationEndpoint: 'https://id.twitch.tv/oauth2/revoke',
    userinfoEndpoint: 'https://id.twitch.tv/oauth2/userinfo',
  },
  clientAuthentication: ['client_secret_post'],
  alwaysScope: 'openid',
} as const satisfies OAuth2ProviderDefinition
