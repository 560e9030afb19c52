import { leakScan } from '@nebula-credential/testing'
import { describe, expect, it } from 'vitest'
import { callbackUrl, oauthApp } from '../../test/login.ts'
import { faults, refused } from '../../test/service.ts'
import { openWorld } from '../../test/world.ts'
import { createIssue } from '../actions/create-issue.ts'
import { octokit } from '../authenticator/octokit.ts'
import { githubOAuthApp } from './github-oauth-app.ts'

type World = Awaited<ReturnType<typeof openWorld>>

const onDevice = ({ baseUrl }: World) =>
  ({ client: { id: oauthApp.id }, grant: 'device_code', scope: 'repo', baseUrl }) as const

async function beginOnDevice(world: World) {
  const begun = await world.manager.beginAuthorization(githubOAuthApp, onDevice(world))
  if (begun.interaction.kind !== 'device_code') expect.unreachable()
  return { begun, interaction: begun.interaction }
}

async function beginInBrowser({ manager, connection }: World, changes: object = {}) {
  const begun = await manager.beginAuthorization(githubOAuthApp, { ...connection, ...changes })
  if (begun.interaction.kind !== 'redirect') expect.unreachable()
  return { begun, url: new URL(begun.interaction.url) }
}

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable(),
    error => error,
  )
const tokenRequests = ({ service }: World) =>
  service.requests
    .filter(({ path }) => path === '/login/oauth/access_token')
    .map(({ body }) => Object.fromEntries(new URLSearchParams(body.toString())))

describe('an account connected in the browser', () => {
  it('is asked for at GitHub’s site, and says whose it is', async () => {
    await using world = await openWorld()
    const { manager, service, consent } = world
    const { begun, url } = await beginInBrowser(world, { login: 'ada' })
    expect(url.origin + url.pathname).toBe(`${service.origin}/login/oauth/authorize`)
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_id: oauthApp.id,
      redirect_uri: callbackUrl,
      scope: 'repo workflow',
      login: 'ada',
      state: begun.state,
      code_challenge_method: 'S256',
    })
    const id = await manager.resumeAuthorization(await consent(url.href), begun)
    expect(tokenRequests(world)).toEqual([
      {
        client_id: oauthApp.id,
        client_secret: oauthApp.secret,
        grant_type: 'authorization_code',
        code: expect.any(String),
        code_verifier: expect.any(String),
        redirect_uri: callbackUrl,
      },
    ])
    expect(await manager.describe(id)).toMatchObject({
      lifecycle: 'Active',
      account: { id: '7', label: 'ada' },
      permissions: { asked: ['repo', 'workflow'], granted: ['repo', 'workflow'] },
    })
    expect(await manager.verifyCredential(id)).toMatchObject({
      valid: true,
      account: { label: 'ada' },
      granted: ['repo', 'workflow'],
    })
  })

  it('yields an Octokit and does actions', async () => {
    await using world = await openWorld()
    const { manager, connected } = world
    const id = await connected()
    const github = await manager.client(id, octokit)
    expect((await github.request('GET /user')).data.login).toBe('ada')
    const issue = { owner: 'acme', repo: 'lamps', title: 'Too dark' }
    expect(await manager.run(createIssue, { github: id }, issue)).toMatchObject({ number: 3 })
    expect((await manager.getToken(id)).expiresAt).toBeUndefined()
  })

  it('whose token expires is refreshed once, however many ask, and its client goes on', async () => {
    await using world = await openWorld()
    const { manager, service, connected } = world
    service.login.expiring = true
    const id = await connected()
    const github = await manager.client(id, octokit)
    const first = await manager.getToken(id)
    expect(first.expiresAt).toBeGreaterThan(Date.now() + 8 * 3_600_000 - 60_000)
    service.expireTokens()
    const answers = await Promise.all(Array.from({ length: 10 }, () => github.request('GET /user')))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(tokenRequests(world).map(({ grant_type }) => grant_type)).toEqual([
      'authorization_code',
      'refresh_token',
    ])
    expect((await manager.getToken(id)).value.expose()).not.toBe(first.value.expose())
    // The refresh token was replaced: the next refresh works too.
    await manager.refreshCredential(id)
    expect((await github.request('GET /user')).status).toBe(200)
  })

  it('whose token was revoked at GitHub needs its owner, and keeps its id when it is connected again', async () => {
    await using world = await openWorld()
    const { manager, service, consent, connected } = world
    const id = await connected()
    service.expireTokens()
    const github = await manager.client(id, octokit)
    await expect(github.request('GET /user')).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
    const begun = await manager.beginAuthorization(githubOAuthApp, world.connection, { reconnect: id })
    const callback = await consent((begun.interaction as { url: string }).url)
    expect(await manager.resumeAuthorization(callback, begun)).toBe(id)
    expect((await github.request('GET /user')).status).toBe(200)
  })

  it('whose refresh token GitHub no longer takes needs its owner', async () => {
    await using world = await openWorld()
    const { manager, service, connected } = world
    service.login.expiring = true
    const id = await connected()
    const gone = { json: { error: 'bad_refresh_token', error_description: 'ghr_sentinel is quoted' } }
    service.answerNext(gone)
    const error = await rejection(manager.refreshCredential(id))
    expect(error).toMatchObject({ code: 'REAUTHORIZATION_REQUIRED', credentialId: id })
    expect(leakScan(error, ['sentinel'])).toEqual([])
  })

  it.each([
    ['bad_verification_code', 'REAUTHORIZATION_REQUIRED'],
    ['incorrect_client_credentials', 'PROVIDER_REJECTED'],
    ['redirect_uri_mismatch', 'PROVIDER_REJECTED'],
    ['unverified_user_email', 'REAUTHORIZATION_REQUIRED'],
  ])('is not made when GitHub answers %s with HTTP 200', async (code, expected) => {
    await using world = await openWorld()
    const { manager, service, consent } = world
    const { begun, url } = await beginInBrowser(world)
    const callback = await consent(url.href)
    service.answerNext({ json: { error: code, error_description: oauthApp.secret } })
    const error = await rejection(manager.resumeAuthorization(callback, begun))
    expect(error).toMatchObject({ code: expected })
    expect(leakScan(error, [oauthApp.secret])).toEqual([])
  })

  it('is not made for a client whose secret is wrong', async () => {
    await using world = await openWorld()
    const { manager, consent } = world
    const { begun, url } = await beginInBrowser(world, { client: { id: oauthApp.id, secret: 'wrong' } })
    const completion = manager.resumeAuthorization(await consent(url.href), begun)
    await expect(completion).rejects.toMatchObject({ code: 'PROVIDER_REJECTED' })
  })

  it('is made although GitHub cannot say now whose it is; verifying asks again', async () => {
    await using world = await openWorld()
    const { manager, service, consent } = world
    const { begun, url } = await beginInBrowser(world)
    const callback = await consent(url.href)
    const token = { access_token: 'gho_sentinel', token_type: 'bearer', scope: 'repo' }
    service.answerNext({ json: token }, faults['a bad gateway'])
    const id = await manager.resumeAuthorization(callback, begun)
    const described = await manager.describe(id)
    expect(described).toMatchObject({ lifecycle: 'Active', permissions: { granted: ['repo'] } })
    expect(described.account).toBeUndefined()
  })

  it('gives its own token up when it is revoked', async () => {
    await using world = await openWorld()
    const { manager, service, connected } = world
    const [id, other] = [await connected(), await connected()]
    const token = (await manager.getToken(id)).value.expose()
    expect(await manager.revokeCredential(id)).toEqual({ provider: 'revoked' })
    expect(service.requests.at(-1)).toMatchObject({
      method: 'DELETE',
      path: `/api/v3/applications/${oauthApp.id}/token`,
    })
    expect(service.requests.at(-1)?.json()).toEqual({ access_token: token })
    expect(await manager.verifyCredential(other)).toMatchObject({ valid: true })
  })

  it('is revoked also when its access token has ended, and when GitHub knows it no more', async () => {
    await using world = await openWorld()
    const { manager, service, connected, clock } = world
    service.login.expiring = true
    const expired = await connected()
    clock.aheadMs = 9 * 3_600_000
    expect(await manager.revokeCredential(expired)).toEqual({ provider: 'revoked' })
    expect(tokenRequests(world).at(-1)).toMatchObject({ grant_type: 'refresh_token' })
    service.login.expiring = false
    const id = await connected()
    service.expireTokens()
    expect(await manager.revokeCredential(id)).toEqual({ provider: 'revoked' })
  })

  it('is revoked here, and again at GitHub later, while GitHub is down', async () => {
    await using world = await openWorld()
    const { manager, service, connected } = world
    const id = await connected()
    service.answerNext(refused(500, 'Server Error'))
    expect(await manager.revokeCredential(id)).toEqual({ provider: 'failed' })
    expect(await manager.revokeCredential(id)).toEqual({ provider: 'revoked' })
  })
})

describe('an account connected on another device', () => {
  it('needs no secret', async () => {
    await using world = await openWorld()
    const { manager, service } = world
    const { begun, interaction } = await beginOnDevice(world)
    expect(interaction).toMatchObject({
      userCode: expect.stringMatching(/^[0-9A-F]{4}-[0-9A-F]{4}$/),
      verificationUri: `${service.origin}/login/device`,
    })
    service.login.decide(interaction.userCode, true)
    const id = await manager.waitForAuthorization(begun)
    expect(await manager.describe(id)).toMatchObject({ account: { id: '7', label: 'ada' } })
    expect((await (await manager.client(id, octokit)).request('GET /user')).status).toBe(200)
    for (const request of tokenRequests(world)) expect(request).not.toHaveProperty('client_secret')
  })

  it('is waited for until the person has decided, also through an outage', async () => {
    await using world = await openWorld()
    const { manager, service } = world
    const { begun, interaction } = await beginOnDevice(world)
    service.answerNext({ status: 503 })
    const waiting = manager.waitForAuthorization(begun)
    await expect.poll(() => tokenRequests(world).length).toBeGreaterThan(2)
    service.login.decide(interaction.userCode, true)
    expect(await waiting).toBe(begun.credentialId)
  })

  it('is refreshed without a secret', async () => {
    await using world = await openWorld()
    const { manager, service } = world
    service.login.expiring = true
    const { begun, interaction } = await beginOnDevice(world)
    service.login.decide(interaction.userCode, true)
    const id = await manager.waitForAuthorization(begun)
    await manager.refreshCredential(id)
    expect(tokenRequests(world).at(-1)).toEqual({
      grant_type: 'refresh_token',
      client_id: oauthApp.id,
      refresh_token: expect.stringMatching(/^ghr_/),
    })
    // GitHub ends tokens only for those who have a secret.
    expect(await manager.revokeCredential(id)).toEqual({ provider: 'failed' })
  })

  it('is not made when the person says no', async () => {
    await using world = await openWorld()
    const { manager, service } = world
    const { begun, interaction } = await beginOnDevice(world)
    service.login.decide(interaction.userCode, false)
    await expect(manager.waitForAuthorization(begun)).rejects.toMatchObject({
      code: 'REAUTHORIZATION_REQUIRED',
      message: expect.stringContaining('access_denied'),
    })
  })

  it.each(['device_flow_disabled', 'incorrect_client_credentials'])(
    'is for the operator when GitHub answers %s',
    async code => {
      await using world = await openWorld()
      world.service.answerNext({ json: { error: code, error_description: 'x' } })
      await expect(beginOnDevice(world)).rejects.toMatchObject({ code: 'PROVIDER_REJECTED' })
    },
  )
})

describe('the server of an OAuth App', () => {
  it.each([
    [undefined, 'https://github.com'],
    ['https://api.github.com', 'https://github.com'],
    ['https://api.acme.ghe.com', 'https://acme.ghe.com'],
    ['https://github.example.com/api/v3', 'https://github.example.com'],
    ['https://api.internal.example/api/v3', 'https://api.internal.example'],
    ['https://proxy.example.com/github/api/v3/', 'https://proxy.example.com/github'],
  ])('of the API %s is %s', async (baseUrl, site) => {
    await using world = await openWorld()
    const { url } = await beginInBrowser(world, { baseUrl })
    expect(url.href.startsWith(`${site}/login/oauth/authorize?`)).toBe(true)
  })
})

describe('the input', () => {
  it('needs a secret and a redirect URI for the browser', async () => {
    await using world = await openWorld()
    const { manager, connection } = world
    const { redirectUri: _none, ...without } = connection
    await expect(manager.beginAuthorization(githubOAuthApp, without)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      issues: [{ path: 'redirectUri' }],
    })
    const noSecret = { ...connection, client: { id: oauthApp.id } }
    await expect(manager.beginAuthorization(githubOAuthApp, noSecret)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      issues: [{ path: 'client.secret' }],
    })
    await expect(manager.createCredential(githubOAuthApp, connection)).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
    })
  })
})
