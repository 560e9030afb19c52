import { accountOf } from '../../flow/account.ts'
import { textsOf } from '../json-fields.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'

export const notion = {
  type: 'notion_account',
  name: 'Notion',
  docs: 'https://developers.notion.com/docs/authorization',
  server: {
    authorizationEndpoint: 'https://api.notion.com/v1/oauth/authorize',
    tokenEndpoint: 'https://api.notion.com/v1/oauth/token',
  },
  clientAuthentication: ['client_secret_basic'],
  dialect: {
    body: 'json',
    authorizationParameters: { owner: 'user' },
    lastsWithoutExpiry: true,
    details: body => textsOf(body, 'workspace_id', 'workspace_name', 'bot_id'),
  },
  account: {
    from: 'token response',
    read: ({ workspace_id: id, workspace_name: name }) => accountOf(id, name),
  },
  revocation: {
    method: 'POST',
    url: 'https://api.notion.com/v1/oauth/revoke',
    basic: true,
    headers: { 'notion-version': '2025-09-03' },
    json: { token: '{token}' },
  },
} as const satisfies OAuth2ProviderDefinition
