import { accountOf } from '../../flow/account.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const docusign = {
  type: 'docusign_account',
  name: 'DocuSign',
  docs: 'https://developers.docusign.com/platform/auth/confidential-authcode-get-token/',
  server: {
    authorizationEndpoint: 'https://{host}/oauth/auth',
    tokenEndpoint: 'https://{host}/oauth/token',
  },
  placeholders: {
    host: {
      kind: 'host',
      title: 'Production or developer accounts',
      example: 'account-d.docusign.com',
      default: 'account.docusign.com',
      oneOf: ['account.docusign.com', 'account-d.docusign.com'],
    },
  },
  clientAuthentication: ['client_secret_basic'],
  pkce: true,
  defaultScope: 'signature',
  account: {
    from: 'api',
    url: '/oauth/userinfo',
    read: ({ sub, email, name }) => accountOf(sub, email, name),
  },
} as const satisfies OAuth2ProviderDefinition
