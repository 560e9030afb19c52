import { leakScan, type ServiceAnswer, startLoopbackService } from '@nebula-credential/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { environment } from '../../../test/environment.ts'
import {
  connect,
  type ProviderRequest,
  type ProviderWorld,
  providerWorld,
} from '../../../test/provider-world.ts'
import type { OAuth2ProviderDefinition } from '../provider-definition.ts'
import { type Providers, providers } from '../providers.ts'

/** How a provider documents the end of a grant. */
interface Documented {
  readonly provider: keyof Providers
  readonly given?: object
  /** Besides the tokens. */
  readonly granted?: object
  readonly tokenEndpoint: string
  /** `DELETE host/path`. */
  readonly request: string
  /** What of the request the provider looks at to know who asks, and for which token. */
  readonly reads: (request: ProviderRequest) => unknown
  readonly expects: unknown
  readonly done: ServiceAnswer
  /** Its answer to a token that has ended already; `known` where it can be told from a refusal. */
  readonly ended: ServiceAnswer & { readonly known: boolean }
  /** Its answer to anybody else, or about a token that is not theirs. */
  readonly refused: ServiceAnswer
  /** Where a provider takes the token nowhere but in the URL. */
  readonly inUrl?: true
}

const json = (value: unknown, status = 200): ServiceAnswer => ({ status, json: value })
const empty = (status: number): ServiceAnswer => ({ status, body: '' })
const basic = `Basic ${btoa('workflows:hunter2')}`
const bearer = { authorization: 'Bearer access-1' }
const ofHeader = ({ headers: { authorization } }: ProviderRequest) => ({ authorization })
const ofJson = (request: ProviderRequest) => ({
  ...(request.headers.authorization !== undefined && ofHeader(request)),
  type: request.headers['content-type'],
  ...(request.json() as object),
})
const ofForm = (request: ProviderRequest) => ({ ...ofHeader(request), ...Object.fromEntries(request.form) })
const inJson = { type: 'application/json' }

const slack = {
  granted: {
    ok: true,
    authed_user: { access_token: 'access-1', refresh_token: 'refresh-1', expires_in: 3600 },
  },
  tokenEndpoint: 'slack.com/api/oauth.v2.access',
  request: 'POST slack.com/api/auth.revoke',
  reads: ofHeader,
  expects: bearer,
  done: json({ ok: true, revoked: true }),
  ended: { ...json({ ok: false, error: 'token_revoked' }), known: true },
  refused: json({ ok: false, error: 'invalid_auth' }),
}

const documented: readonly Documented[] = [
  {
    provider: 'github',
    tokenEndpoint: 'github.com/login/oauth/access_token',
    request: 'DELETE api.github.com/applications/workflows/token',
    reads: ofJson,
    expects: { authorization: basic, ...inJson, access_token: 'access-1' },
    done: empty(204),
    ended: { ...json({ message: 'Not Found' }, 404), known: true },
    refused: json({ message: 'Bad credentials' }, 401),
  },
  { provider: 'slack', ...slack },
  { provider: 'slackUser', ...slack },
  {
    provider: 'notion',
    tokenEndpoint: 'api.notion.com/v1/oauth/token',
    request: 'POST api.notion.com/v1/oauth/revoke',
    reads: request => ({ ...ofJson(request), version: request.headers['notion-version'] }),
    expects: { authorization: basic, ...inJson, token: 'access-1', version: '2025-09-03' },
    done: json({ request_id: 'r1' }),
    ended: { ...json({ object: 'error', code: 'invalid_request' }, 400), known: false },
    refused: json({ object: 'error', code: 'unauthorized' }, 401),
  },
  {
    provider: 'hubspot',
    tokenEndpoint: 'api.hubapi.com/oauth/v1/token',
    request: 'POST api.hubapi.com/oauth/2026-03/token/revoke',
    // The access token follows, RFC 7009 section 2: it is no failure when that is not taken.
    reads: ({ form }) => Object.fromEntries(form),
    expects: {
      client_id: 'workflows',
      client_secret: 'hunter2',
      token: 'refresh-1',
      token_type_hint: 'refresh_token',
    },
    done: empty(200),
    ended: { ...json({ category: 'VALIDATION_ERROR' }, 400), known: false },
    refused: json({ category: 'VALIDATION_ERROR' }, 400),
  },
  {
    provider: 'facebook',
    tokenEndpoint: 'graph.facebook.com/v23.0/oauth/access_token',
    request: 'DELETE graph.facebook.com/v23.0/me/permissions',
    reads: ofHeader,
    expects: bearer,
    // As its reference says; newer versions answer an object.
    done: json(true),
    ended: {
      ...json({ error: { code: 190, error_subcode: 458, type: 'OAuthException' } }, 400),
      known: true,
    },
    refused: json({ error: { code: 190, error_subcode: 467, type: 'OAuthException' } }, 400),
  },
  {
    provider: 'dropbox',
    tokenEndpoint: 'api.dropboxapi.com/oauth2/token',
    request: 'POST api.dropboxapi.com/2/auth/token/revoke',
    reads: ofHeader,
    expects: bearer,
    done: json(null),
    ended: {
      ...json({ error_summary: 'invalid_access_token/', error: { '.tag': 'invalid_access_token' } }, 401),
      known: true,
    },
    refused: json({ error_summary: 'expired_access_token/', error: { '.tag': 'expired_access_token' } }, 401),
  },
  {
    provider: 'quickbooks',
    tokenEndpoint: 'oauth.platform.intuit.com/oauth2/v1/tokens/bearer',
    request: 'POST developer.api.intuit.com/v2/oauth2/tokens/revoke',
    reads: ofJson,
    expects: { authorization: basic, ...inJson, token: 'refresh-1' },
    done: empty(200),
    ended: { ...json({ error: 'invalid_request' }, 400), known: false },
    refused: json({ error: 'invalid_client' }, 401),
  },
  {
    provider: 'miro',
    tokenEndpoint: 'api.miro.com/v1/oauth/token',
    request: 'POST api.miro.com/v2/oauth/revoke',
    reads: ofJson,
    expects: { ...inJson, accessToken: 'access-1', clientId: 'workflows', clientSecret: 'hunter2' },
    done: empty(204),
    ended: { ...json({ status: 400 }, 400), known: false },
    refused: json({ status: 401 }, 401),
  },
  {
    provider: 'square',
    tokenEndpoint: 'connect.squareup.com/oauth2/token',
    request: 'POST connect.squareup.com/oauth2/revoke',
    reads: ofJson,
    expects: {
      authorization: 'Client hunter2',
      ...inJson,
      client_id: 'workflows',
      access_token: 'access-1',
    },
    done: json({ success: true }),
    ended: { ...json({ errors: [{ code: 'NOT_FOUND' }] }, 404), known: false },
    refused: json({ errors: [{ code: 'UNAUTHORIZED' }] }, 401),
  },
  {
    provider: 'stripe',
    granted: { stripe_user_id: 'acct_1' },
    tokenEndpoint: 'connect.stripe.com/oauth/token',
    request: 'POST connect.stripe.com/oauth/deauthorize',
    reads: ofForm,
    expects: { authorization: 'Bearer hunter2', client_id: 'workflows', stripe_user_id: 'acct_1' },
    done: json({ stripe_user_id: 'acct_1' }),
    ended: { ...json({ error: 'invalid_client' }, 401), known: false },
    refused: json({ error: 'invalid_client' }, 401),
  },
  {
    provider: 'strava',
    tokenEndpoint: 'www.strava.com/oauth/token',
    request: 'POST www.strava.com/oauth/revoke',
    reads: ofForm,
    expects: { authorization: basic, token: 'refresh-1' },
    done: empty(200),
    ended: { ...empty(200), known: true },
    refused: json({ message: 'Authorization Error' }, 401),
  },
  {
    provider: 'zendesk',
    given: { subdomain: 'acme' },
    tokenEndpoint: 'acme.zendesk.com/oauth/tokens',
    request: 'DELETE acme.zendesk.com/api/v2/oauth/tokens/current.json',
    reads: ofHeader,
    expects: bearer,
    done: empty(204),
    ended: { ...json({ error: 'invalid_token' }, 401), known: true },
    refused: json({ error: 'Forbidden' }, 403),
  },
  {
    provider: 'shopify',
    given: { shop: 'acme' },
    tokenEndpoint: 'acme.myshopify.com/admin/oauth/access_token',
    request: 'DELETE acme.myshopify.com/admin/api_permissions/current.json',
    reads: ({ headers }) => headers['x-shopify-access-token'],
    expects: 'access-1',
    done: json({}),
    ended: { ...json({ errors: '[API] Invalid API key or access token' }, 401), known: true },
    refused: json({ errors: 'This action requires merchant approval' }, 403),
  },
  {
    provider: 'zoho',
    tokenEndpoint: 'accounts.zoho.com/oauth/v2/token',
    request: 'POST accounts.zoho.com/oauth/v2/token/revoke',
    reads: ({ query }) => query.get('token'),
    expects: 'refresh-1',
    done: json({ status: 'success' }),
    ended: { ...json({ error: 'invalid_token' }, 400), known: true },
    refused: json({ error: 'access_denied' }, 403),
    inUrl: true,
  },
]

const secrets = ['access-1', 'access-2', 'refresh-1', 'refresh-2', 'hunter2']

/** A provider that does as it documents: `isActive` is whether the grant is there. */
async function worldOf({ tokenEndpoint, request, granted, ...answers }: Documented, expiresIn = 3600) {
  const state = { isActive: true, fault: undefined as ServiceAnswer | undefined, minted: 0 }
  const world = await providerWorld(asked => {
    if (asked.endpoint === tokenEndpoint) {
      state.minted += 1
      const tokens = {
        access_token: `access-${state.minted}`,
        refresh_token: `refresh-${state.minted}`,
        expires_in: state.minted === 1 ? expiresIn : 3600,
      }
      return json({ ok: true, ...tokens, ...granted })
    }
    if (`${asked.method} ${asked.endpoint}` !== request) return empty(404)
    if (state.fault !== undefined) return state.fault
    // Whoever cannot say who they are, and which token, is refused.
    if (!isDeepEqual(answers.reads(asked), answers.expects)) return answers.refused
    if (!state.isActive) return answers.ended
    state.isActive = false
    return answers.done
  })
  return Object.assign(world, { state })
}

function isDeepEqual(actual: unknown, expected: unknown): boolean {
  try {
    expect(actual).toEqual(expected)
    return true
  } catch {
    return false
  }
}

const connected = async (world: ProviderWorld, { provider, given }: Documented) =>
  (await connect(world, providers[provider], given)).id

const asked = (world: ProviderWorld, { request }: Documented) =>
  world.requests.filter(({ method, endpoint }) => `${method} ${endpoint}` === request)

describe.each(documented.map(each => [each.provider, each] as const))('a connection to %s', (_, given) => {
  it('is ended there as documented, with no secret in the URL', async () => {
    await using world = await worldOf(given)
    const id = await connected(world, given)
    expect(await world.manager.revokeCredential(id)).toEqual({ provider: 'revoked' })
    expect(asked(world, given).map(given.reads)[0]).toEqual(given.expects)
    expect(world.state.isActive).toBe(false)
    const urls = world.requests.map(({ path, query }) => `${path}?${query}`)
    if (given.inUrl === undefined) expect(leakScan(urls, secrets)).toEqual([])
    else expect(leakScan(urls, ['hunter2', 'access-1'])).toEqual([])
  })

  it(`that has ended there already is ${given.ended.known ? 'no' : 'taken for a'} failure`, async () => {
    await using world = await worldOf(given)
    const id = await connected(world, given)
    world.state.isActive = false
    const provider = given.ended.known ? 'revoked' : 'failed'
    expect(await world.manager.revokeCredential(id)).toEqual({ provider })
  })

  it('can be ended again after a refusal, an outage or a redirect', async () => {
    await using world = await worldOf(given)
    const id = await connected(world, given)
    const moved = { status: 307, headers: { location: 'https://elsewhere.example/' }, body: '' }
    for (const fault of [given.refused, json({ error: 'access-1' }, 503), json({}, 429), moved]) {
      world.state.fault = fault
      expect(await world.manager.revokeCredential(id)).toEqual({ provider: 'failed' })
      expect(world.state.isActive).toBe(true)
    }
    world.state.fault = undefined
    expect(await world.manager.revokeCredential(id)).toEqual({ provider: 'revoked' })
    expect(world.state.isActive).toBe(false)
  })
})

describe('a provider of the catalogue', () => {
  it('has its way tested here, where that is not by RFC 7009', () => {
    const entries = Object.entries(providers) as [keyof Providers, { provider: OAuth2ProviderDefinition }][]
    const own = entries.filter(([, { provider }]) => provider.revocation !== undefined).map(([name]) => name)
    expect(documented.map(({ provider }) => provider)).toEqual(expect.arrayContaining(own))
  })

  it('that has no way is not said to have been told, and the secret is erased', async () => {
    const spotify = {
      ...slack,
      provider: 'spotify',
      tokenEndpoint: 'accounts.spotify.com/api/token',
    } as const
    await using world = await worldOf(spotify)
    const id = await connected(world, spotify)
    const before = world.requests.length
    expect(await world.manager.revokeCredential(id)).toEqual({ provider: 'unsupported' })
    expect(world.requests).toHaveLength(before)
    await expect(world.manager.revokeCredential(id)).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION' })
  })

  it('that ends grants for clients with a secret is not told by one without', async () => {
    const [github] = documented
    if (github === undefined) expect.unreachable()
    const publicly = { ...github, given: { client: { id: 'workflows' } } }
    await using world = await worldOf(publicly)
    const id = await connected(world, publicly)
    expect(await world.manager.revokeCredential(id)).toEqual({ provider: 'unsupported' })
    expect(asked(world, publicly)).toEqual([])
  })

  it('is told of an access token that it still knows', async () => {
    const dropbox = documented.find(({ provider }) => provider === 'dropbox')
    if (dropbox === undefined) expect.unreachable()
    await using world = await worldOf({ ...dropbox, expects: { authorization: 'Bearer access-2' } }, 0.001)
    const id = await connected(world, dropbox)
    await new Promise(resolve => setTimeout(resolve, 5))
    expect(await world.manager.revokeCredential(id)).toEqual({ provider: 'revoked' })
    expect(asked(world, dropbox).map(ofHeader)).toEqual([{ authorization: 'Bearer access-2' }])
  })

  it.each(['zoho', 'miro', 'notion', 'square', 'slack'] as const)(
    '%s gets no secret into an error',
    async name => {
      await using service = await startLoopbackService(({ path, query, headers, body }) => ({
        status: 403,
        json: { error: `${path} ${query} ${headers.authorization} ${body}` },
      }))
      const fetch: typeof globalThis.fetch = (input, init) => {
        const { pathname, search } = new URL(String(input))
        return globalThis.fetch(service.origin + pathname + search, init)
      }
      const type = providers[name]
      const state = z.decode(type.state, {
        server: { tokenEndpoint: 'https://accounts.example/token' },
        client: { authentication: 'client_secret_post', id: 'workflows', secret: 'hunter2' },
        tokenEndpoint: 'https://accounts.example/token',
        tokens: { accessToken: 'access-1', refreshToken: 'refresh-1', obtainedAt: 0 },
      })
      const end = () =>
        Promise.resolve(type.revoke?.(state, environment({ fetch }))).catch((error: unknown) => error)
      const refused = await end()
      expect(refused).toMatchObject({ name: 'ProviderFailure', kind: 'config' })
      service.answerNext('reset')
      const lost = await end()
      expect(lost).toMatchObject({ name: 'ProviderFailure' })
      expect(leakScan([refused, lost], secrets)).toEqual([])
    },
  )
})
