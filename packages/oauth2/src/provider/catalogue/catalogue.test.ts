import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  authorizationUrl,
  callbackOf,
  idToken,
  type ProviderRequest,
  providerWorld,
} from '../../../test/provider-world.ts'
import { filledIn, placeholdersIn } from '../placeholder.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'
import { providers } from '../providers.ts'
import { catalogue } from './catalogue.ts'

const entries: readonly [string, OAuth2ProviderDefinition][] = Object.entries(catalogue)

const link = z.url({ protocol: /^https$/ })
const template = z.string().regex(/^https:\/\/(?:[a-z0-9.-]|\{\w+\})+(?:\/[\w.\-/{}]*)?$/)
const scope = z.string().regex(/^\S+(?: \S+)*$/)
const texts = z.record(z.string().min(1), z.string().min(1))
const read = z.function()
const schema = z.strictObject({
  type: z.string().regex(/^[a-z][a-z0-9_]*_account$/),
  name: z.string().min(1),
  docs: link,
  server: z.union([
    z.strictObject({ issuer: template }),
    z.strictObject({
      authorizationEndpoint: template,
      tokenEndpoint: template,
      issuer: template.optional(),
      deviceAuthorizationEndpoint: template.optional(),
      revocationEndpoint: template.optional(),
      introspectionEndpoint: template.optional(),
      userinfoEndpoint: template.optional(),
    }),
  ]),
  placeholders: z
    .record(
      z.string().regex(/^[a-z][a-zA-Z]*$/),
      z.strictObject({
        kind: z.enum(['label', 'host', 'segment']),
        title: z.string().min(1),
        example: z.string().min(1),
        default: z.string().min(1).optional(),
        oneOf: z.array(z.string().min(1)).optional(),
        within: z.string().min(1).optional(),
      }),
    )
    .optional(),
  clientAuthentication: z
    .array(
      z.enum([
        'client_secret_basic',
        'client_secret_post',
        'client_secret_jwt',
        'private_key_jwt',
        'tls_client_auth',
        'self_signed_tls_client_auth',
        'none',
      ]),
    )
    .min(1)
    .refine(methods => new Set(methods).size === methods.length),
  pkce: z.literal(true).optional(),
  alwaysScope: scope.optional(),
  defaultScope: scope.optional(),
  dialect: z
    .strictObject({
      scopeSeparator: z.literal(',').optional(),
      scopeParameter: z.string().min(1).optional(),
      authorizationParameters: texts.optional(),
      proofKey: z.enum(['without secret', 'none']).optional(),
      body: z.literal('json').optional(),
      readTokens: read.optional(),
      errorCodes: texts.optional(),
      details: read.optional(),
      callbackDetails: z.array(z.string().min(1)).min(1).optional(),
      refreshEndpoint: template.optional(),
      lastsWithoutExpiry: z.literal(true).optional(),
    })
    .optional(),
  account: z
    .discriminatedUnion('from', [
      z.strictObject({ from: z.literal('token response'), read }),
      z.strictObject({
        from: z.literal('api'),
        url: z.union([link, z.string().startsWith('/')]),
        method: z.literal('POST').optional(),
        headers: texts.optional(),
        body: z.string().optional(),
        read,
      }),
    ])
    .optional(),
  revocation: z
    .strictObject({
      method: z.enum(['POST', 'DELETE']),
      url: z.string().min(1),
      token: z.literal('refresh_token').optional(),
      basic: z.literal(true).optional(),
      headers: texts.optional(),
      form: texts.optional(),
      json: texts.optional(),
      success: z.string().min(1).optional(),
      endedStatuses: z.array(z.number()).min(1).optional(),
      endedErrors: z
        .strictObject({ at: z.array(z.string()).min(1), codes: z.array(z.unknown()).min(1) })
        .optional(),
    })
    .optional(),
})

describe.each(entries)('the entry %s', (name, definition) => {
  it('is complete, and says nothing that nobody reads', () => {
    expect(() => schema.parse(definition)).not.toThrow()
  })

  it('declares the placeholders of its URLs, and no others', () => {
    const used = Object.values(definition.server).flatMap(placeholdersIn)
    expect([...new Set(used)].sort()).toEqual(Object.keys(definition.placeholders ?? {}).sort())
  })

  it('says whose account it is, or is known not to', () => {
    const scopes = `${definition.alwaysScope ?? ''} ${definition.defaultScope ?? ''}`.split(' ')
    const isOpenId = scopes.includes('openid')
    const unnamed = ['quickbooks', 'wrike', 'zoho']
    expect(definition.account !== undefined || isOpenId).toBe(!unnamed.includes(name))
  })

  it('leads a person to it, and gets and refreshes a token, as its server documents it', async () => {
    const { clientAuthentication, dialect = {} } = definition
    const { values, issuer, authorize, token } = endpointsOf(definition)
    const refresh = dialect.refreshEndpoint ?? token
    let minted = 0
    let nonce = ''

    await using world = await providerWorld(({ endpoint }) => {
      if (endpoint.endsWith('/.well-known/openid-configuration')) {
        return { json: { issuer, authorization_endpoint: authorize, token_endpoint: token } }
      }
      if (endpoint !== plain(token) && endpoint !== plain(refresh)) return { status: 404, json: {} }
      minted += 1
      const tokens = {
        access_token: `token-${minted}`,
        refresh_token: `refresh-${minted}`,
        expires_in: 3600,
        ...(issuer !== undefined && {
          id_token: idToken({ iss: issuer, aud: 'workflows', nonce, sub: 'ada' }),
        }),
      }
      return { json: { ok: true, ...tokens, authed_user: tokens } }
    })

    const provider = providers[name as keyof typeof providers] as typeof providers.box
    const secret = clientAuthentication[0] === 'none' ? {} : { secret: 'hunter2' }
    const begun = await world.manager.beginAuthorization(provider, {
      ...values,
      client: { id: 'workflows', ...secret },
      redirectUri: 'https://app.example/callback',
      scope: 'one two',
    } as never)
    const url = authorizationUrl(begun)
    nonce = url.searchParams.get('nonce') ?? ''
    expect(plain(url)).toBe(plain(authorize))
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: 'workflows',
      ...dialect.authorizationParameters,
    })
    expect(url.searchParams.get('code_challenge_method')).toBe(dialect.proofKey === undefined ? 'S256' : null)
    const asked = url.searchParams
      .get(dialect.scopeParameter ?? 'scope')
      ?.split(dialect.scopeSeparator ?? ' ')
    expect(asked).toEqual([...new Set([...(definition.alwaysScope?.split(' ') ?? []), 'one', 'two'])])

    const id = provider.id(await world.manager.resumeAuthorization(callbackOf(begun), begun))
    expect((await world.manager.getToken(id)).value.expose()).toBe('token-1')
    await world.manager.refreshCredential(id)
    expect((await world.manager.getToken(id)).value.expose()).toBe('token-2')

    const exchange = world.to(plain(token))[0]
    expect(exchange && sentBy(exchange)).toMatchObject({
      grant_type: 'authorization_code',
      code: 'the code',
      redirect_uri: 'https://app.example/callback',
      client: `${clientAuthentication[0]} workflows`,
    })
    expect(exchange && 'code_verifier' in sentBy(exchange)).toBe(dialect.proofKey === undefined)
    const renewal = world.to(plain(refresh)).at(-1)
    expect(renewal && sentBy(renewal)).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-1',
    })
  })
})

/** Host and path of a URL. */
function plain(url: string | URL): string {
  const { host, pathname } = new URL(url)
  return host + pathname
}

/** A provider's URLs, with the examples of its placeholders filled in. */
function endpointsOf({ server, placeholders = {} }: OAuth2ProviderDefinition) {
  const examples = Object.entries(placeholders).map(([name, { example }]) => [name, example])
  const values: Record<string, string> = Object.fromEntries(examples)
  const issuer = server.issuer === undefined ? undefined : filledIn(server.issuer, values)
  const found = (path: string) => new URL(path, issuer).href
  const [authorize, token] =
    'tokenEndpoint' in server
      ? [filledIn(server.authorizationEndpoint, values), filledIn(server.tokenEndpoint, values)]
      : [found('/authorize'), found('/token')]
  return { values, issuer, authorize, token }
}

/** What a token request said, and as whom. */
function sentBy(request: ProviderRequest): Record<string, unknown> {
  const isJson = request.headers['content-type'] === 'application/json'
  const fields: Record<string, unknown> = isJson ? request.json() : Object.fromEntries(request.form)
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (basic !== undefined) {
    const [id, secret] = Buffer.from(basic, 'base64').toString().split(':')
    expect(secret).toBe('hunter2')
    return { ...fields, client: `client_secret_basic ${id}` }
  }
  const method = fields.client_secret === 'hunter2' ? 'client_secret_post' : 'none'
  return { ...fields, client: `${method} ${fields.client_id}` }
}

describe('the catalogue', () => {
  it('is in alphabetical order, names each type once, and has what its issue asks for', () => {
    const names = entries.map(([name]) => name)
    expect(names).toEqual(names.toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)))
    expect(new Set(entries.map(([, { type }]) => type)).size).toBe(entries.length)
    const wanted =
      'google microsoft github slack gitlab atlassian salesforce hubspot notion discord linear zoom dropbox spotify ' +
      'stripe shopify x linkedin facebook asana airtable figma box twitch okta auth0'
    expect(names).toEqual(expect.arrayContaining(wanted.split(' ')))
  })

  it('is as long as the README says', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8')
    expect(readme).toContain(`any of ${entries.length} providers`)
  })

  it('makes each credential type once', () => {
    expect(providers.google).toBe(providers.google)
    expect(Object.keys(providers)).toEqual(Object.keys(catalogue))
    expect(providers.google.provider).toBe(catalogue.google)
  })
})
