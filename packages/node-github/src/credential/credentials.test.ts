import { leakScan } from '@nebula-credential/testing'
import { describe, expect, it } from 'vitest'
import { faults, personalToken, privateKey, privateKeyPkcs8, refused } from '../../test/service.ts'
import { openWorld } from '../../test/world.ts'
import { githubApp } from './github-app.ts'
import { githubToken } from './github-token.ts'

const expiredAtOnce = -60_000

describe('a personal access token', () => {
  it('is kept without a call, and says whose it is and what it may do when verified', async () => {
    await using world = await openWorld()
    const { manager, id, service } = world
    expect(service.requests).toEqual([])
    expect(await manager.verifyCredential(id)).toEqual({
      valid: true,
      asked: true,
      account: { id: '7', label: 'ada' },
      granted: ['repo', 'workflow'],
    })
    expect(service.requests[0]).toMatchObject({
      path: '/api/v3/user',
      headers: { authorization: `Bearer ${personalToken}`, 'x-github-api-version': '2022-11-28' },
    })
  })

  it('is not valid once it has ended', async () => {
    await using world = await openWorld()
    world.service.expireTokens()
    expect(await world.manager.verifyCredential(world.id)).toEqual({ valid: false, asked: true })
  })

  it.each([
    ['classic', `ghp_${'a'.repeat(36)}`],
    ['fine-grained', `github_pat_${'a'.repeat(22)}_${'b'.repeat(59)}`],
    ['of an old server', 'a1b2c3d4e5'.repeat(4)],
    ['pasted with white space', ` ghp_${'a'.repeat(36)}\n`],
  ])('may be %s', async (_, token) => {
    await using world = await openWorld()
    const id = await world.manager.createCredential(githubToken, { token })
    expect((await world.manager.getToken(id)).value.expose()).toBe(token.trim())
  })

  it.each(Object.entries(faults))('cannot be judged when GitHub answers with %s', async (_, fault) => {
    await using world = await openWorld()
    world.service.answerNext(fault)
    const error = await world.manager.verifyCredential(world.id).catch(error => error)
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', credentialId: world.id })
    expect(leakScan(error, [personalToken])).toEqual([])
  })
})

describe('a GitHub App', () => {
  it('gets a token for what was asked', async () => {
    await using world = await openWorld()
    const { manager, app, service } = world
    const asked = { repositories: ['lamps'], permissions: { issues: 'write' } } as const
    const id = await manager.createCredential(githubApp, { ...app, ...asked, repositories: ['lamps'] })
    expect(service.tokenRequests).toEqual([asked])
    const token = await manager.getToken(id)
    expect(token.value.expose()).toBe('ghs_sentinel0')
    expect(token.expiresAt).toBeGreaterThan(Date.now() + 3_500_000)
    expect(await manager.verifyCredential(id)).toMatchObject({
      valid: true,
      account: { id: '9', label: 'acme' },
      granted: ['issues:write'],
    })
  })

  it('may do all that the App may, unless it is asked for less', async () => {
    await using world = await openWorld()
    const id = await world.installed()
    expect(world.service.tokenRequests).toEqual([{}])
    expect(await world.manager.verifyCredential(id)).toMatchObject({
      granted: ['issues:write', 'metadata:read'],
    })
  })

  it.each([
    ['PKCS #8', privateKeyPkcs8],
    ['one line, as in an environment variable', privateKey.replaceAll('\n', '\\n')],
  ])('takes a key in %s', async (_, key) => {
    await using world = await openWorld()
    const id = await world.manager.createCredential(githubApp, { ...world.app, privateKey: key })
    expect(await world.manager.verifyCredential(id)).toMatchObject({ valid: true })
  })

  it('is refreshed once, however many ask, when its token has ended', async () => {
    await using world = await openWorld()
    const { manager, service } = world
    service.lifetimeMs = expiredAtOnce
    const id = await world.installed()
    service.lifetimeMs = 3_600_000
    const tokens = await Promise.all(Array.from({ length: 50 }, () => manager.getToken(id)))
    expect(new Set(tokens.map(({ value }) => value.expose()))).toEqual(new Set(['ghs_sentinel1']))
    expect(service.tokenRequests).toHaveLength(2)
  })

  it('with another App’s key is refused there and then', async () => {
    await using world = await openWorld()
    const creation = world.manager.createCredential(githubApp, { ...world.app, appId: '1' })
    await expect(creation).rejects.toMatchObject({ code: 'PROVIDER_REJECTED' })
  })

  it('that is no longer installed needs its owner', async () => {
    await using world = await openWorld()
    world.service.lifetimeMs = expiredAtOnce
    const id = await world.installed()
    world.service.answerNext(refused(404, 'Integration not found'))
    await expect(world.manager.getToken(id)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
  })

  it('goes by GitHub’s clock when its own is refused', async () => {
    await using world = await openWorld()
    world.service.aheadMs = 3_600_000
    await world.installed()
    expect(world.service.requests).toHaveLength(2)
    world.service.aheadMs = -3_600_000
    await world.installed()
    expect(world.service.requests).toHaveLength(4)
  })

  it('gives its token up when it is revoked', async () => {
    await using world = await openWorld()
    const { manager, service } = world
    const id = await world.installed()
    await manager.revokeCredential(id)
    expect(service.requests.at(-1)).toMatchObject({
      method: 'DELETE',
      path: '/api/v3/installation/token',
      headers: { authorization: 'Bearer ghs_sentinel0' },
    })
  })

  it.each(Object.entries(faults))('cannot be set up while GitHub answers with %s', async (_, fault) => {
    await using world = await openWorld()
    world.service.answerNext(fault)
    const error = await world.installed().catch(error => error)
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
    expect(leakScan(error, [privateKey, privateKey.slice(40, 90)])).toEqual([])
    if (fault === faults['a spent limit']) expect(error.retryAt).toBeGreaterThan(Date.now() + 1_700_000)
    if (fault === faults['a secondary limit']) expect(error.retryAt).toBeGreaterThan(Date.now() + 50_000)
  })
})
