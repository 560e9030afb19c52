import { type BearerToken, SecretString } from '@nebula-credential/core'
import { type AuthorizationServer, startAuthorizationServer } from 'authorization-server'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { environment, stored } from '../../test/environment.ts'
import { scriptedServer } from '../../test/scripted-server.ts'
import { oauth2ClientCredentials as type } from './oauth2-client-credentials.ts'

let server: AuthorizationServer
beforeAll(async () => {
  server = await startAuthorizationServer({ accessTokenTtlS: 600 })
})
afterAll(() => server.close())
beforeEach(() => {
  server.tokenRequests.length = 0
})

type Given = z.input<typeof type.input>

function given(overrides: Partial<Given> = {}): z.output<typeof type.input> {
  return z.decode(type.input, {
    server: { issuer: server.issuer },
    client: { authentication: 'client_secret_basic', ...server.clients.basic },
    scope: 'reports.read',
    ...overrides,
  })
}

const mint = (state: z.output<typeof type.state>): BearerToken => type.token.mint(type.access(state), 1)

async function isAccepted(token: BearerToken): Promise<boolean> {
  const headers = { authorization: `Bearer ${token.value.expose()}` }
  return (await fetch(server.protectedResourceUrl, { headers })).status === 200
}

describe('creating', () => {
  it.each(['basic', 'post'] as const)('fetches a token that works, as client_secret_%s', async kind => {
    const startedAt = 1_800_000_000_000
    const client = { authentication: `client_secret_${kind}`, ...server.clients[kind] } as Given['client']
    const state = await type.initialize(given({ client }), environment({ startedAt }))
    const token = mint(stored(type, state))
    expect(await isAccepted(token)).toBe(true)
    expect(token).toMatchObject({ kind: 'bearer', scope: 'reports.read', obtainedAt: startedAt })
    expect(token.expiresAt).toBe(startedAt + 600_000)
    expect(server.tokenRequests).toEqual([
      { grantType: 'client_credentials', clientId: kind, outcome: 'success' },
    ])
  })

  it('works without discovery', async () => {
    const input = given({ server: { tokenEndpoint: `${server.issuer}/token` } })
    expect(await isAccepted(mint(await type.initialize(input, environment())))).toBe(true)
  })

  it('asks for the resource, the audience and what else is given', async () => {
    const resource = ['https://reports.example/']
    const state = await type.initialize(given({ resource, parameters: { tenant: 'x' } }), environment())
    const about = await type.verify?.(mint(state), environment(), state)
    expect(about?.granted).toEqual(['reports.read'])
    await expect(
      type.initialize(given({ resource: [...resource, 'https://other.example/'] }), environment()),
    ).rejects.toMatchObject({ kind: 'config', message: expect.stringMatching(/answered invalid_target$/) })
  })

  it('is refused where the client secret is wrong', async () => {
    const client = { authentication: 'client_secret_basic', id: 'basic', secret: 'wrong' } as const
    await expect(type.initialize(given({ client }), environment())).rejects.toMatchObject({
      name: 'ProviderFailure',
      kind: 'config',
      message: `${new URL(server.issuer).host} answered invalid_client`,
    })
  })

  it('is refused where the scope is none of the client', async () => {
    await expect(type.initialize(given({ scope: 'reports.admin' }), environment())).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringMatching(/answered invalid_scope$/),
    })
  })

  it('is refused where there is no such issuer', async () => {
    const input = given({ server: { issuer: `${server.issuer}/other` } })
    await expect(type.initialize(input, environment())).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})

describe('refreshing', () => {
  it('replaces the access token, and may be repeated', async () => {
    const first = await type.initialize(given(), environment())
    const startedAt = Date.now() + 1_000
    const [second, third] = await Promise.all([
      type.refresh?.perform(first, environment({ startedAt })),
      type.refresh?.perform(first, environment({ startedAt })),
    ])
    expect(type.refresh?.rotating).toBe(false)
    const tokens = [first, second, third].map(state => mint(state as typeof first))
    expect(new Set(tokens.map(token => token.value.expose())).size).toBe(3)
    for (const token of tokens) expect(await isAccepted(token)).toBe(true)
    expect(tokens[1]?.expiresAt).toBe(startedAt + 600_000)
  })

  it('names its peer by origin and client', async () => {
    const state = await type.initialize(given(), environment())
    expect(type.refresh?.peer?.(state)).toBe(`${server.issuer} basic`)
  })
})

describe('verifying and revoking', () => {
  it('says what the token may do, until it is revoked', async () => {
    const state = await type.initialize(given(), environment())
    const token = mint(state)
    expect(await type.verify?.(token, environment(), state)).toMatchObject({ granted: ['reports.read'] })
    await type.revoke?.(state, environment())
    expect(await isAccepted(token)).toBe(false)
    await expect(type.verify?.(token, environment(), state)).rejects.toMatchObject({ kind: 'terminal' })
  })

  it('knows nothing, and asks nobody, where no endpoint is known', async () => {
    const input = given({ server: { tokenEndpoint: `${server.issuer}/token` } })
    const state = await type.initialize(input, environment())
    server.otherRequests.length = 0
    expect(await type.verify?.(mint(state), environment(), state)).toEqual({})
    await expect(type.revoke?.(state, environment())).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
    expect(server.otherRequests).toEqual([])
  })

  it.each([401, 403])('takes a refusal to introspect (HTTP %i) for no news about the token', async status => {
    await using refusing = await scriptedServer(response => response.writeHead(status).end())
    const input = given({
      server: {
        tokenEndpoint: `${server.issuer}/token`,
        introspectionEndpoint: `${refusing.origin}/introspect`,
      },
    })
    const state = await type.initialize(input, environment())
    expect(await type.verify?.(mint(state), environment(), state)).toEqual({})
    expect(refusing.requests).toHaveLength(1)
  })

  it('uses the endpoints that are named', async () => {
    const input = given({
      server: {
        tokenEndpoint: `${server.issuer}/token`,
        revocationEndpoint: `${server.issuer}/token/revocation`,
        introspectionEndpoint: `${server.issuer}/token/introspection`,
      },
    })
    const state = await type.initialize(input, environment())
    expect(await type.verify?.(mint(state), environment(), state)).toMatchObject({
      granted: ['reports.read'],
    })
    await type.revoke?.(state, environment())
    expect(await isAccepted(mint(state))).toBe(false)
  })
})

describe('the input', () => {
  it.each([
    [{ server: { issuer: 'http://login.example' } }, 'server.issuer'],
    [{ server: { issuer: 'ftp://login.example' } }, 'server.issuer'],
    [{ server: { tokenEndpoint: 'https://x.example', discovery: 'oidc' } }, 'server'],
    [{ client: { authentication: 'client_secret_basic', id: 'x' } }, 'client.secret'],
    [{ client: { authentication: 'other', id: 'x' } }, 'client.authentication'],
    [{ client: { authentication: 'none', id: 'x', secret: 'y' } }, 'client'],
    [{ parameters: { client_secret: 'x' } }, 'parameters'],
    [{ assumedLifetimeMs: 0 }, 'assumedLifetimeMs'],
  ])('is refused: %j', (overrides, path) => {
    const input = {
      server: { issuer: server.issuer },
      client: { authentication: 'none', id: 'x' },
      ...overrides,
    }
    const result = z.safeDecode(type.input, input as never)
    expect(result.error?.issues[0]?.path.join('.')).toBe(path)
  })

  it('becomes a state that shows no secret', async () => {
    const state = await type.initialize(given(), environment())
    const text = JSON.stringify(state)
    expect(text).not.toContain(server.clients.basic.secret)
    expect(text).not.toContain(state.tokens.accessToken.expose())
    expect(state.tokens.accessToken).toBeInstanceOf(SecretString)
  })
})
