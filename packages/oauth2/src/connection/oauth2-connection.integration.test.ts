import { leakScan } from '@nebula-credential/testing'
import { callbackUrl } from 'authorization-server'
import { describe, expect, it } from 'vitest'
import { ConnectionStage, consent, rejection, type StageOptions } from '../../test/connection-stage.ts'
import { oauth2Connection } from './oauth2-connection.ts'

type Given = ReturnType<ConnectionStage['input']>

async function open(options: StageOptions = {}) {
  const stage = await ConnectionStage.open(options)
  const { server } = stage
  const input = (overrides: Partial<Given> = {}) => stage.input(overrides)
  return { stage, server, input, manager: await stage.manager() }
}

describe('an account connected in a browser', () => {
  it('is known by name, has a token that works, refreshes, and is revoked', async () => {
    const { stage, server, manager, input } = await open()
    const begun = await manager.beginAuthorization(oauth2Connection, input())
    const callback = await consent(begun)
    const id = await manager.resumeAuthorization(callback, begun)
    expect(await manager.describe(id)).toMatchObject({
      lifecycle: 'Active',
      account: { id: 'ada', label: 'ada@example.com' },
      permissions: { granted: expect.arrayContaining(['reports.read', 'reports.write']) },
    })
    expect(await stage.works(manager, id)).toBe(true)
    await manager.refreshCredential(id)
    expect(await stage.works(manager, id)).toBe(true)
    expect(server.tokenRequests.map(({ grantType, outcome }) => `${grantType} ${outcome}`)).toEqual([
      'authorization_code success',
      'refresh_token success',
    ])
    expect(await manager.verifyCredential(id)).toMatchObject({ valid: true, account: { id: 'ada' } })
    expect(await manager.revokeCredential(id)).toEqual({ provider: 'revoked' })
  })

  it('is asked for with S256, state and nonce, pushed to the server beforehand', async () => {
    const { server, manager, input } = await open()
    const begun = await manager.beginAuthorization(oauth2Connection, input())
    if (begun.interaction.kind !== 'redirect') expect.unreachable()
    const pushed = new URL(begun.interaction.url).searchParams
    expect([...pushed.keys()].sort()).toEqual(['client_id', 'request_uri'])
    expect(server.otherRequests).toContain('/request')
    expect((begun.interaction.expiresAt ?? 0) - Date.now()).toBeGreaterThan(30_000)
    expect(begun.interaction.expiresAt).toBeLessThan(begun.expiresAt)
    await consent(begun)
  })

  it('is asked for in the URL where the server takes no pushed requests', async () => {
    const { manager, input } = await open({ pushedRequests: false })
    const begun = await manager.beginAuthorization(
      oauth2Connection,
      input({ resource: ['https://api.example/'], authorizationParameters: { login_hint: 'ada' } }),
    )
    if (begun.interaction.kind !== 'redirect') expect.unreachable()
    expect(Object.fromEntries(new URL(begun.interaction.url).searchParams)).toEqual({
      response_type: 'code',
      client_id: 'basic',
      redirect_uri: callbackUrl,
      scope: 'openid email offline_access reports.read reports.write',
      state: begun.state,
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      resource: 'https://api.example/',
      login_hint: 'ada',
      prompt: 'consent',
    })
    expect(begun.interaction).not.toHaveProperty('expiresAt')
    const id = await manager.resumeAuthorization(await consent(begun), begun)
    await manager.refreshCredential(id)
  })

  it.each(['basic', 'post', 'secretJwt', 'keyJwt', 'none'] as const)(
    'works for a client of kind %s, on creation, refresh and revocation',
    async kind => {
      const { stage, server, manager, input } = await open()
      const { clients } = server
      const client = {
        basic: { authentication: 'client_secret_basic', ...clients.basic },
        post: { authentication: 'client_secret_post', ...clients.post },
        secretJwt: { authentication: 'client_secret_jwt', ...clients.secretJwt },
        keyJwt: { authentication: 'private_key_jwt', ...clients.keyJwt },
        none: { authentication: 'none', ...clients.none },
      }[kind] as Given['client']
      const begun = await manager.beginAuthorization(oauth2Connection, input({ client }))
      const id = await manager.resumeAuthorization(await consent(begun), begun)
      await manager.refreshCredential(id)
      expect(await stage.works(manager, id)).toBe(true)
      expect(await manager.revokeCredential(id)).toEqual({ provider: 'revoked' })
    },
  )

  it('works with endpoints that are named, whose ID token then decides nothing', async () => {
    const { server, manager, input } = await open()
    const { issuer } = server
    const named = {
      tokenEndpoint: `${issuer}/token`,
      authorizationEndpoint: `${issuer}/auth`,
      userinfoEndpoint: `${issuer}/me`,
    }
    const begun = await manager.beginAuthorization(oauth2Connection, input({ server: named }))
    const id = await manager.resumeAuthorization(await consent(begun), begun)
    expect(await manager.describe(id)).toMatchObject({ account: { id: 'ada', label: 'ada@example.com' } })
  })

  it('records what was granted where that is less than was asked, and refreshes for that', async () => {
    const { manager, input } = await open()
    const begun = await manager.beginAuthorization(oauth2Connection, input())
    const scope = 'openid offline_access reports.read'
    const id = await manager.resumeAuthorization(await consent(begun, { scope }), begun)
    const { permissions } = await manager.describe(id)
    expect(permissions?.asked).toContain('reports.write')
    expect(permissions?.granted.toSorted()).toEqual(scope.split(' ').toSorted())
    await manager.refreshCredential(id)
    expect((await manager.describe(id)).permissions).toEqual(permissions)
  })
})

describe('a callback', () => {
  it('of a person who said no is a clear refusal, and leaves nothing behind', async () => {
    const { manager, input } = await open()
    const begun = await manager.beginAuthorization(oauth2Connection, input())
    const callback = await consent(begun, { denies: true })
    expect(callback).toContain('error=access_denied')
    const error = await rejection(manager.resumeAuthorization(callback, begun))
    expect(error).toMatchObject({
      code: 'REAUTHORIZATION_REQUIRED',
      message: expect.stringContaining('the person or the authorization server said access_denied'),
    })
    expect((await manager.list()).credentials).toEqual([])
  })

  it('repeats nothing that is not registered', async () => {
    const { server, manager, input } = await open()
    const begun = await manager.beginAuthorization(oauth2Connection, input())
    const callback = `/callback?${new URLSearchParams({
      state: begun.state,
      iss: server.issuer,
      error: 'hunter2',
      error_description: 'hunter2',
    })}`
    const error = await rejection(manager.resumeAuthorization(callback, begun))
    expect(error).toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
    expect(leakScan(error, ['hunter2', begun.state])).toEqual([])
  })

  it.each([
    ['names another issuer', (url: URL) => url.searchParams.set('iss', 'https://evil.example')],
    ['names none although the server always does', (url: URL) => url.searchParams.delete('iss')],
    ['names two', (url: URL) => url.searchParams.append('iss', 'https://evil.example')],
  ])('that %s is mixed up, and its code never sent', async (_, mix) => {
    const { server, manager, input } = await open()
    const begun = await manager.beginAuthorization(oauth2Connection, input())
    const callback = new URL(await consent(begun))
    mix(callback)
    const error = await rejection(manager.resumeAuthorization(callback, begun))
    expect(error).toMatchObject({ code: 'ISSUER_MISMATCH' })
    expect(server.tokenRequests).toEqual([])
  })

  it('whose code belongs to another flow is refused by the proof key (PKCE)', async () => {
    const { manager, input } = await open()
    const [one, other] = [
      await manager.beginAuthorization(oauth2Connection, input()),
      await manager.beginAuthorization(oauth2Connection, input()),
    ]
    const stolen = new URL(await consent(one)).searchParams
    stolen.set('state', other.state)
    const error = await rejection(manager.resumeAuthorization(stolen, other))
    expect(error).toMatchObject({
      code: 'REAUTHORIZATION_REQUIRED',
      message: expect.stringContaining('invalid_grant'),
    })
  })

  it('can be brought again when the server was down', async () => {
    const { server, manager, input } = await open()
    const begun = await manager.beginAuthorization(oauth2Connection, input())
    const callback = await consent(begun)
    server.failNext({ when: 'before', answer: { status: 503, headers: { 'retry-after': '7' } } })
    const error = await rejection(manager.resumeAuthorization(callback, begun))
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryable: true })
    expect(error.retryAt).toBeGreaterThan(Date.now() + 5_000)
    await manager.resumeAuthorization(callback, begun)
  })

  it('whose answer was lost must be begun again', async () => {
    const { server, manager, input } = await open()
    const begun = await manager.beginAuthorization(oauth2Connection, input())
    const callback = await consent(begun)
    server.failNext({ when: 'after' })
    const error = await rejection(manager.resumeAuthorization(callback, begun))
    expect(error).toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
  })

  it('of a client whose secret is wrong is for the operator', async () => {
    const { manager, input } = await open({ pushedRequests: false })
    const client = { authentication: 'client_secret_basic', id: 'basic', secret: 'hunter2' } as const
    const begun = await manager.beginAuthorization(oauth2Connection, input({ client }))
    const error = await rejection(manager.resumeAuthorization(await consent(begun), begun))
    expect(error).toMatchObject({ code: 'PROVIDER_REJECTED' })
    expect(leakScan(error, ['hunter2', begun.state])).toEqual([])
  })
})

describe('connecting again', () => {
  it('as another account is refused, as the same one revives the credential under its id', async () => {
    const { stage, manager, input } = await open()
    const first = await manager.beginAuthorization(oauth2Connection, input())
    const callback = await consent(first)
    const id = await manager.resumeAuthorization(callback, { ...first, definition: oauth2Connection })
    const other = await manager.beginAuthorization(oauth2Connection, input(), { reconnect: id })
    const mallory = await consent(other, { account: 'mallory' })
    expect(await rejection(manager.resumeAuthorization(mallory, other))).toMatchObject({
      code: 'ACCOUNT_MISMATCH',
    })
    const again = await manager.beginAuthorization(oauth2Connection, input(), { reconnect: id })
    expect(await manager.resumeAuthorization(await consent(again), again)).toBe(id)
    expect(await stage.works(manager, id)).toBe(true)
    expect((await manager.list()).credentials.map(credential => credential.id)).toEqual([id])
  })
})

describe('the input', () => {
  it('needs a redirect URI, without a query', async () => {
    const { manager, input } = await open()
    const { redirectUri: _none, ...without } = input()
    const bad = [
      without,
      input({ redirectUri: 'https://a.example/?b' }),
      input({ redirectUri: 'http://a.example' }),
    ]
    for (const given of bad) {
      const error = await rejection(manager.beginAuthorization(oauth2Connection, given))
      expect(error).toMatchObject({ code: 'INPUT_INVALID', issues: [{ path: 'redirectUri' }] })
    }
  })

  it('of a key that is none is refused without showing it', async () => {
    const { manager, input } = await open()
    const client = { authentication: 'private_key_jwt', id: 'key-jwt', privateKey: 'hunter2' } as const
    const error = await rejection(manager.beginAuthorization(oauth2Connection, input({ client })))
    expect(error).toMatchObject({ code: 'INPUT_INVALID' })
    expect(leakScan(error, ['hunter2'])).toEqual([])
  })
})
