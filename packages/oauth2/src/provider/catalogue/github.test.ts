import { leakScan } from '@nebula-credential/testing'
import { describe, expect, it } from 'vitest'
import { byGrant, connect, json, rejection, worldOf } from '../../../test/provider-world.ts'
import { providers } from '../providers.ts'

describe('GitHub', () => {
  const token = 'github.com/login/oauth/access_token'
  const user = { 'api.github.com/user': json({ id: 7, login: 'ada' }) }
  const bare = { access_token: 'gho_1', token_type: 'bearer', scope: 'gist,repo' }

  it('gives tokens that last until they are revoked, and scopes between commas', async () => {
    await using given = await worldOf({ ...user, [token]: json(bare) })
    const { id, url } = await connect(given, providers.github, { scope: 'repo gist' })
    expect(url.searchParams.get('scope')).toBe('repo gist')
    expect((await given.manager.getToken(id)).expiresAt).toBeUndefined()
    expect(await given.manager.describe(id)).toMatchObject({
      account: { id: '7', label: 'ada' },
      permissions: { asked: ['repo', 'gist'], granted: ['gist', 'repo'] },
    })
    // There is nothing to refresh it with, which takes nothing from it.
    const error = await rejection(given.manager.refreshCredential(id))
    expect(error).toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
    expect(given.to(token)).toHaveLength(1)
    expect((await given.manager.getToken(id)).value.expose()).toBe('gho_1')
  })

  it('gives tokens that expire where the app wants so, and replaces refresh tokens', async () => {
    const expiring = {
      ...bare,
      expires_in: 28_800,
      refresh_token: 'ghr_1',
      refresh_token_expires_in: 15_897_600,
    }
    const next = { ...expiring, access_token: 'gho_2', refresh_token: 'ghr_2' }
    await using given = await worldOf({ ...user, [token]: byGrant(expiring, next) })
    const { id } = await connect(given, providers.github)
    const first = await given.manager.getToken(id)
    expect((first.expiresAt ?? 0) - (first.obtainedAt ?? 0)).toBe(28_800_000)
    await given.manager.refreshCredential(id)
    await given.manager.refreshCredential(id)
    expect(given.to(token).map(({ form }) => form.get('refresh_token'))).toEqual([null, 'ghr_1', 'ghr_2'])
  })

  it('tells errors with HTTP 200', async () => {
    const said = (error: string) => ({
      error,
      error_description: 'hunter2 is wrong',
      error_uri: 'https://docs.example',
    })
    await using given = await worldOf({ ...user, [token]: json(said('bad_verification_code')) })
    const error = await rejection(connect(given, providers.github))
    expect(error).toMatchObject({
      code: 'REAUTHORIZATION_REQUIRED',
      message: expect.stringContaining('invalid_grant'),
    })
    expect(leakScan(error, ['hunter2', 'the code'])).toEqual([])

    const expiring = { ...bare, expires_in: 28_800, refresh_token: 'ghr_1' }
    await using later = await worldOf({ ...user, [token]: byGrant(expiring, said('bad_refresh_token')) })
    const { id } = await connect(later, providers.github)
    expect(await rejection(later.manager.refreshCredential(id))).toMatchObject({
      code: 'REAUTHORIZATION_REQUIRED',
    })
    expect(await later.manager.describe(id)).toMatchObject({ lifecycle: 'Failed' })

    await using wrong = await worldOf({ ...user, [token]: json(said('incorrect_client_credentials')) })
    expect(await rejection(connect(wrong, providers.github))).toMatchObject({ code: 'PROVIDER_REJECTED' })
  })

  it('says with HTTP 200 too that a person has not entered the code yet', async () => {
    let asked = 0
    await using given = await worldOf({
      ...user,
      'github.com/login/device/code': json({
        device_code: 'the device',
        user_code: 'WDJB-MJHT',
        verification_uri: 'https://github.com/login/device',
        expires_in: 900,
        interval: 0.01,
      }),
      [token]: () => {
        asked += 1
        return { json: asked < 3 ? { error: 'authorization_pending' } : bare }
      },
    })
    const begun = await given.manager.beginAuthorization(providers.github, {
      client: { id: 'workflows' },
      grant: 'device_code',
    })
    expect(begun.interaction).toMatchObject({ kind: 'device_code', userCode: 'WDJB-MJHT' })
    const id = await given.manager.waitForAuthorization(begun)
    expect((await given.manager.getToken(id)).value.expose()).toBe('gho_1')
    expect(asked).toBe(3)
  })
})
