import { providers } from '../../packages/oauth2/src/index.ts'
import type { OAuth2ProviderDefinition } from '../../packages/oauth2/src/provider/provider-definition.ts'
import { markdownTable } from './markdown-table.ts'

/** The table of docs/providers.md, made from the catalogue. */
export function providerTable(): string {
  const rows = Object.entries(providers).map(([name, { provider }]) => rowOf(name, provider))
  const head = [
    'provider',
    'of',
    'further input',
    'client',
    'device code',
    'PKCE',
    'asked for',
    'else',
    'revoke',
  ]
  return markdownTable(head, rows)
}

function rowOf(name: string, definition: OAuth2ProviderDefinition): string[] {
  const { server, clientAuthentication, placeholders = {}, alwaysScope, defaultScope } = definition
  const isDiscovered = !('tokenEndpoint' in server)
  const further = Object.entries(placeholders).map(
    ([field, { default: preset }]) => `\`${field}\`${preset === undefined ? '' : `, default \`${preset}\``}`,
  )
  const offered = (endpoint: string | undefined) => {
    if (isDiscovered) return 'if offered'
    return endpoint === undefined ? '' : 'yes'
  }
  return [
    `\`${name}\``,
    `[${definition.name}](${definition.docs})`,
    further.join('; '),
    clientAuthentication.map(method => method.replace('client_secret_', '')).join(', '),
    offered(isDiscovered ? undefined : server.deviceAuthorizationEndpoint),
    proofKeyOf(definition),
    scopes(alwaysScope),
    scopes(defaultScope),
    definition.revocation === undefined
      ? offered(isDiscovered ? undefined : server.revocationEndpoint)
      : 'own way',
  ]
}

function proofKeyOf({ pkce, dialect }: OAuth2ProviderDefinition): string {
  if (dialect?.proofKey === undefined) return pkce === true ? 'checked' : ''
  return dialect.proofKey === 'none' ? 'not sent' : 'without secret'
}

function scopes(text: string | undefined): string {
  return text === undefined ? '' : `\`${text}\``
}
