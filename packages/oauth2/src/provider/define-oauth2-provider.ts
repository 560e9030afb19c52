import { CredentialError } from '@nebula-credential/core'
import { z } from 'zod'
import { defineConnection } from '../connection/define-connection.ts'
import { flowInput } from '../flow/flow-input.ts'
import { authorizationServer, endpoint } from '../token-endpoint/authorization-server.ts'
import { clientSchema, oauthClientOf } from './client-input.ts'
import { filledIn, type Placeholders, placeholderSchema, placeholdersIn } from './placeholder.ts'
import type { OAuth2ProviderDefinition, ProviderInput, ProviderServer } from './provider-definition.ts'

type Connection<Definition extends OAuth2ProviderDefinition> = ReturnType<
  typeof defineConnection<Definition['type'], z.ZodType<GivenRequest, ProviderInput<Definition>>>
>

/** The credential type of a provider's accounts, and the data that it is made of. */
export type OAuth2Provider<Definition extends OAuth2ProviderDefinition> = Connection<Definition> & {
  readonly provider: Definition
}

/**
 * Makes the credential type of a provider's accounts, for programs to connect by `beginAuthorization`.
 *
 * @throws CredentialError CONFIG_INVALID when a URL is no https URL, or placeholders and their declarations differ
 * @example
 * export const lamps = defineOAuth2Provider({
 *   type: 'lamps_account',
 *   name: 'Lamps',
 *   docs: 'https://developer.lamps.example/oauth',
 *   server: {
 *     authorizationEndpoint: 'https://{shop}.lamps.example/authorize',
 *     tokenEndpoint: 'https://{shop}.lamps.example/token',
 *   },
 *   placeholders: { shop: { kind: 'label', title: 'Name of the shop', example: 'acme' } },
 *   clientAuthentication: ['client_secret_post'],
 * })
 */
export function defineOAuth2Provider<const Definition extends OAuth2ProviderDefinition>(
  definition: Definition,
): OAuth2Provider<Definition> {
  const { type, clientAuthentication, dialect = {}, account, revocation } = definition
  assertComplete(definition)
  const connection = defineConnection({
    type,
    input: inputSchema(definition),
    request: (given: GivenRequest) => {
      const { client, grant: _grant, scope, ...asked } = given
      return {
        ...withoutPlaceholders(definition, asked),
        server: serverOf(definition, given),
        client: oauthClientOf(client, clientAuthentication),
        ...scopeOf(definition, scope),
      }
    },
    onDevice: ({ grant }) => grant === 'device_code',
    // Without one the answers would be read by the letter of the standards.
    dialect,
    account,
    revocation,
  })
  return Object.freeze({ ...connection, provider: definition }) as never
}

const requestSchema = z.strictObject({
  ...flowInput.omit({ server: true, client: true, dpop: true }).shape,
  client: clientSchema(['client_secret_basic', 'none', 'private_key_jwt', 'tls_client_auth']),
  grant: z.enum(['authorization_code', 'device_code']).optional(),
})
type GivenRequest = z.output<typeof requestSchema>

function inputSchema(definition: OAuth2ProviderDefinition): z.ZodType<GivenRequest> {
  const { server, clientAuthentication, placeholders = {} } = definition
  const hasDevices = !('tokenEndpoint' in server) || server.deviceAuthorizationEndpoint !== undefined
  const fields = Object.entries(placeholders).map(([name, placeholder]) => [
    name,
    placeholderSchema(placeholder),
  ])
  return z.strictObject({
    ...requestSchema.shape,
    // What their values are for is known to this file alone.
    ...(Object.fromEntries(fields) as object),
    client: clientSchema(clientAuthentication),
    grant: z.enum(hasDevices ? ['authorization_code', 'device_code'] : ['authorization_code']).optional(),
  })
}

function serverOf({ server, placeholders = {} }: OAuth2ProviderDefinition, given: object) {
  const values: Record<string, string> = {}
  for (const [name, { default: preset = '' }] of Object.entries(placeholders)) {
    values[name] = (given as Record<string, string | undefined>)[name] ?? preset
  }
  return filledServer(server, values)
}

function filledServer(server: ProviderServer, values: Readonly<Record<string, string>>) {
  const filled = Object.entries(server).map(([name, text]) => [name, filledIn(text, values)])
  return authorizationServer.parse(Object.fromEntries(filled))
}

function withoutPlaceholders<Asked extends object>(
  { placeholders = {} }: OAuth2ProviderDefinition,
  asked: Asked,
): Asked {
  const kept = Object.entries(asked).filter(([name]) => !Object.hasOwn(placeholders, name))
  return Object.fromEntries(kept) as Asked
}

function scopeOf({ alwaysScope = '', defaultScope = '' }: OAuth2ProviderDefinition, given = defaultScope) {
  const words = new Set([...alwaysScope.split(' '), ...given.split(' ')])
  words.delete('')
  return words.size === 0 ? {} : { scope: [...words].join(' ') }
}

/** What can be known wrong before anybody connects. */
function assertComplete(definition: OAuth2ProviderDefinition): void {
  const { type, server, docs, placeholders = {}, clientAuthentication, dialect, revocation } = definition
  const examples = Object.entries(placeholders).map(([name, { example }]) => [name, example])
  const hasProof = dialect?.proofKey !== 'none' || !clientAuthentication.includes('none')
  const problems = [
    ...placeholderProblems(server, placeholders),
    ...(isServer(server, Object.fromEntries(examples)) ? [] : ['its URLs must be https']),
    ...(isConfidential(revocation?.url) ? [] : ['the URL of its revocation must be https']),
    ...(URL.canParse(docs) ? [] : ['docs is no URL']),
    // RFC 9700 section 2.1.1: nothing else would tie a code to who asked for it.
    ...(hasProof ? [] : ['clients without a secret need a proof key']),
  ]
  if (problems.length === 0) return
  throw new CredentialError(
    'CONFIG_INVALID',
    `The provider of "${type}" is not valid: ${problems.join('; ')}`,
  )
}

function placeholderProblems(server: ProviderServer, placeholders: Placeholders): string[] {
  const used = new Set(Object.values(server).flatMap(placeholdersIn))
  const unknown = [...used].filter(name => !Object.hasOwn(placeholders, name))
  return [
    ...unknown.map(name => `{${name}} is not declared`),
    ...Object.entries(placeholders).flatMap(([name, placeholder]) => {
      const { example, default: preset = example } = placeholder
      const schema = placeholderSchema(placeholder)
      const fits = [example, preset].every(text => schema.safeParse(text).success)
      return [
        ...(used.has(name) ? [] : [`the placeholder ${name} occurs in no URL`]),
        ...(Object.hasOwn(requestSchema.shape, name) ? [`a placeholder cannot be called ${name}`] : []),
        ...(fits ? [] : [`the example or default of ${name} does not fit its kind`]),
      ]
    }),
  ]
}

/** Whether a URL that may be relative to the token endpoint, and hold names in braces, is one for secrets. */
function isConfidential(url = ''): boolean {
  const filled = URL.parse(url.replaceAll(/[{}]/g, ''), 'https://token.example/oauth/token')
  return endpoint.safeParse(filled?.href).success
}

function isServer(server: ProviderServer, examples: Readonly<Record<string, string>>): boolean {
  const filled = Object.entries(server).map(([name, text]) => [name, filledIn(text, examples)])
  return authorizationServer.safeParse(Object.fromEntries(filled)).success
}
