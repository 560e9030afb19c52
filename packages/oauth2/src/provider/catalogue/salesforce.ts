import { accountOf } from '../../flow/account.ts'
import { textsOf } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const salesforce = {
  type: 'salesforce_account',
  name: 'Salesforce',
  docs: 'https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm&type=5',
  server: {
    authorizationEndpoint: 'https://{domain}/services/oauth2/authorize',
    tokenEndpoint: 'https://{domain}/services/oauth2/token',
    revocationEndpoint: 'https://{domain}/services/oauth2/revoke',
    introspectionEndpoint: 'https://{domain}/services/oauth2/introspect',
  },
  placeholders: {
    domain: {
      kind: 'host',
      title: 'Login host: of production, of sandboxes (test.salesforce.com) or of one organization',
      example: 'acme.my.salesforce.com',
      default: 'login.salesforce.com',
      within: 'salesforce.com',
    },
  },
  clientAuthentication: ['client_secret_post', 'client_secret_basic', 'private_key_jwt', 'none'],
  pkce: true,
  alwaysScope: 'refresh_token',
  defaultScope: 'api',
  // There is no expires_in: sessions end when the organization's settings say so.
  dialect: {
    details: body => textsOf(body, 'instance_url'),
    errorCodes: {
      inactive_org: 'invalid_grant',
      inactive_user: 'invalid_grant',
      invalid_client_id: 'invalid_client',
    },
  },
  account: {
    from: 'token response',
    read: ({ id, instance_url: instance }) => accountOf(id, instance),
  },
} as const satisfies OAuth2ProviderDefinition
