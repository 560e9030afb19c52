import { accountOf } from '../../flow/account.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const zoom = {
  type: 'zoom_account',
  name: 'Zoom',
  docs: 'https://developers.zoom.us/docs/integrations/oauth/',
  server: {
    authorizationEndpoint: 'https://zoom.us/oauth/authorize',
    tokenEndpoint: 'https://zoom.us/oauth/token',
    revocationEndpoint: 'https://zoom.us/oauth/revoke',
  },
  clientAuthentication: ['client_secret_basic', 'none'],
  pkce: true,
  // Needs a scope to read the person, such as user:read:user.
  account: {
    from: 'api',
    url: 'https://api.zoom.us/v2/users/me',
    read: ({ id, email }) => accountOf(id, email),
  },
} as const satisfies OAuth2ProviderDefinition
