import { accountOf } from '../../flow/account.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const figma = {
  type: 'figma_account',
  name: 'Figma',
  docs: 'https://developers.figma.com/docs/rest-api/authentication/',
  server: {
    authorizationEndpoint: 'https://www.figma.com/oauth',
    tokenEndpoint: 'https://api.figma.com/v1/oauth/token',
  },
  clientAuthentication: ['client_secret_basic'],
  dialect: { proofKey: 'none', refreshEndpoint: 'https://api.figma.com/v1/oauth/refresh' },
  // Needs the scope current_user:read.
  account: {
    from: 'api',
    url: 'https://api.figma.com/v1/me',
    read: ({ id, email, handle }) => accountOf(id, email, handle),
  },
} as const satisfies OAuth2ProviderDefinition
