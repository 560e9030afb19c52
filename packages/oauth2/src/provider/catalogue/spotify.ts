import { accountOf } from '../../flow/account.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const spotify = {
  type: 'spotify_account',
  name: 'Spotify',
  docs: 'https://developer.spotify.com/documentation/web-api/tutorials/code-flow',
  server: {
    authorizationEndpoint: 'https://accounts.spotify.com/authorize',
    tokenEndpoint: 'https://accounts.spotify.com/api/token',
  },
  clientAuthentication: ['client_secret_basic', 'none'],
  pkce: true,
  account: {
    from: 'api',
    url: 'https://api.spotify.com/v1/me',
    read: ({ id, email, display_name: name }) => accountOf(id, email, name),
  },
} as const satisfies OAuth2ProviderDefinition
