import { describe, expect, it } from 'vitest'
import { byGrant, connect, json, rejection, worldOf } from '../../../test/provider-world.ts'
import { providers } from '../providers.ts'

describe('Slack', () => {
  const token = 'slack.com/api/oauth.v2.access'
  const about = { ok: true, team_id: 'T1', team: 'Lamps', user_id: 'U1', user: 'ada' }
  const both = {
    ok: true,
    access_token: 'xoxb-1',
    token_type: 'bot',
    scope: 'chat:write,users:read',
    bot_user_id: 'B1',
    app_id: 'A1',
    team: { id: 'T1', name: 'Lamps' },
    enterprise: null,
    authed_user: { id: 'U1', scope: 'search:read', access_token: 'xoxp-1', token_type: 'user' },
  }

  it('connects a bot, whose token is at the top', async () => {
    await using given = await worldOf({ [token]: json(both), 'slack.com/api/auth.test': json(about) })
    const { id, url } = await connect(given, providers.slack, { scope: 'chat:write users:read' })
    expect([url.searchParams.get('scope'), url.searchParams.get('user_scope')]).toEqual([
      'chat:write,users:read',
      null,
    ])
    const bot = await given.manager.getToken(id)
    expect(bot.expiresAt).toBeUndefined()
    expect(bot).toMatchObject({
      details: { team_id: 'T1', app_id: 'A1', bot_user_id: 'B1' },
      scope: 'chat:write users:read',
    })
    expect((await given.manager.getToken(id)).value.expose()).toBe('xoxb-1')
    expect(await given.manager.describe(id)).toMatchObject({ account: { id: 'T1', label: 'Lamps' } })
  })

  it('connects a person, whose token is nested, but at the top once it was refreshed', async () => {
    const user = { ...both.authed_user, expires_in: 43_200, refresh_token: 'xoxe-1' }
    const next = {
      ok: true,
      access_token: 'xoxp-2',
      token_type: 'user',
      refresh_token: 'xoxe-2',
      expires_in: 43_200,
    }
    await using given = await worldOf({
      [token]: byGrant({ ...both, authed_user: user }, { ...next, authed_user: { id: 'U1' } }),
      'slack.com/api/auth.test': json(about),
    })
    const { id, url } = await connect(given, providers.slackUser, { scope: 'search:read' })
    expect([url.searchParams.get('scope'), url.searchParams.get('user_scope')]).toEqual([null, 'search:read'])
    expect((await given.manager.getToken(id)).value.expose()).toBe('xoxp-1')
    await given.manager.refreshCredential(id)
    expect((await given.manager.getToken(id)).value.expose()).toBe('xoxp-2')
    await given.manager.refreshCredential(id)
    expect(given.to(token).map(({ form }) => form.get('refresh_token'))).toEqual([null, 'xoxe-1', 'xoxe-2'])
    expect(await given.manager.describe(id)).toMatchObject({ account: { id: 'U1', label: 'ada (Lamps)' } })
  })

  it('gets a proof key from clients without a secret, and from no others', async () => {
    await using given = await worldOf({ [token]: json(both), 'slack.com/api/auth.test': json(about) })
    const { url } = await connect(given, providers.slackUser, { client: { id: 'workflows' } })
    expect(url.searchParams.get('code_challenge_method')).toBe('S256')
    expect(given.to(token)[0]?.form.get('code_verifier')).toMatch(/^[\w-]{43}$/)
  })

  it.each([
    ['invalid_code', 'REAUTHORIZATION_REQUIRED'],
    ['bad_client_secret', 'PROVIDER_REJECTED'],
    ['internal_error', 'PROVIDER_UNAVAILABLE'],
  ])('tells %s with HTTP 200', async (error, code) => {
    await using given = await worldOf({ [token]: json({ ok: false, error }) })
    expect(await rejection(connect(given, providers.slack))).toMatchObject({ code })
  })

  it('says with HTTP 200 that a token is no longer active', async () => {
    let answer: object = about
    await using given = await worldOf({
      [token]: json(both),
      'slack.com/api/auth.test': () => ({ json: answer }),
    })
    const { id } = await connect(given, providers.slack)
    expect(await given.manager.verifyCredential(id)).toMatchObject({ valid: true, account: { id: 'T1' } })
    answer = { ok: false, error: 'token_revoked' }
    expect(await given.manager.verifyCredential(id)).toMatchObject({ valid: false })
  })
})
