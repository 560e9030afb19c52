import { describe, expect, it } from 'vitest'
import {
  authorizationUrl,
  byGrant,
  callbackOf,
  connect,
  idToken,
  input,
  json,
  rejection,
  worldOf,
} from '../../../test/provider-world.ts'
import { providers } from '../providers.ts'

describe('Google', () => {
  it('is asked for a refresh token, and its ID token says whose account it is', async () => {
    let nonce = ''
    await using given = await worldOf({
      'oauth2.googleapis.com/token': ({ form }) => {
        const claims = {
          iss: 'https://accounts.google.com',
          aud: 'workflows',
          sub: '1',
          email: 'ada@example.com',
          nonce,
        }
        const tokens = {
          access_token: 'ya29',
          token_type: 'Bearer',
          expires_in: 3599,
          id_token: idToken(claims),
        }
        return { json: form.has('refresh_token') ? tokens : { ...tokens, refresh_token: '1//a' } }
      },
      'oauth2.googleapis.com/revoke': json({}),
    })
    const begun = await given.manager.beginAuthorization(providers.google, { ...input, scope: 'drive' })
    const asked = authorizationUrl(begun).searchParams
    expect(Object.fromEntries(asked)).toMatchObject({
      access_type: 'offline',
      prompt: 'consent',
      scope: 'openid email drive',
    })
    nonce = asked.get('nonce') ?? ''
    const id = await given.manager.resumeAuthorization(
      callbackOf(begun, { iss: 'https://accounts.google.com' }),
      begun,
    )
    expect(await given.manager.describe(id)).toMatchObject({ account: { id: '1', label: 'ada@example.com' } })
    // A refresh brings no new refresh token: the old one stays.
    await given.manager.refreshCredential(id)
    await given.manager.refreshCredential(id)
    const sent = given.to('oauth2.googleapis.com/token').map(({ form }) => form.get('refresh_token'))
    expect(sent).toEqual([null, '1//a', '1//a'])
    expect(await given.manager.revokeCredential(id)).toEqual({ provider: 'revoked' })
    expect(given.to('oauth2.googleapis.com/revoke')[0]?.form.get('token')).toBe('1//a')
  })
})

describe('Microsoft', () => {
  it('has an address a directory, and tells the account in its ID token', async () => {
    await using given = await worldOf({
      'login.microsoftonline.com/contoso.com/oauth2/v2.0/token': json({
        access_token: 'eyJ',
        token_type: 'Bearer',
        expires_in: 3600,
        ext_expires_in: 3600,
        scope: 'email openid profile Mail.Read',
        refresh_token: '0.A',
        id_token: idToken({ sub: 's', preferred_username: 'ada@contoso.com' }),
      }),
    })
    const { id, url } = await connect(given, providers.microsoft, {
      tenant: 'contoso.com',
      scope: 'Mail.Read',
    })
    expect(url.pathname).toBe('/contoso.com/oauth2/v2.0/authorize')
    expect(url.searchParams.get('scope')).toBe('openid email offline_access Mail.Read')
    expect(await given.manager.describe(id)).toMatchObject({ account: { id: 's', label: 'ada@contoso.com' } })
  })
})

describe('Notion', () => {
  it('takes JSON by Basic authentication, and gives tokens that last', async () => {
    const token = 'api.notion.com/v1/oauth/token'
    await using given = await worldOf({
      [token]: json({
        access_token: 'ntn_1',
        token_type: 'bearer',
        refresh_token: null,
        bot_id: 'b',
        workspace_id: 'w',
        workspace_name: 'Lamps',
        workspace_icon: null,
        owner: { type: 'user' },
      }),
    })
    const { id, url } = await connect(given, providers.notion)
    expect([url.searchParams.get('owner'), url.searchParams.has('scope')]).toEqual(['user', false])
    const [request] = given.to(token)
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: `Basic ${btoa('workflows:hunter2')}`,
    })
    expect(request?.json()).toMatchObject({
      grant_type: 'authorization_code',
      code: 'the code',
      redirect_uri: input.redirectUri,
    })
    const minted = await given.manager.getToken(id)
    expect(minted.expiresAt).toBeUndefined()
    expect(minted).toMatchObject({
      details: { workspace_id: 'w', workspace_name: 'Lamps', bot_id: 'b' },
    })
    expect(await given.manager.describe(id)).toMatchObject({ account: { id: 'w', label: 'Lamps' } })
  })
})

describe('Salesforce', () => {
  const token = 'login.salesforce.com/services/oauth2/token'
  const tokens = {
    access_token: '00D',
    refresh_token: '5Ae',
    instance_url: 'https://lamps.my.salesforce.com',
    id: 'https://login.salesforce.com/id/00D/005',
    token_type: 'Bearer',
    issued_at: '1278448384422',
    scope: 'refresh_token api',
  }

  it('tells the instance, and no lifetime', async () => {
    const { refresh_token: _once, ...again } = tokens
    const moved = { ...again, instance_url: 'https://lamps2.my.salesforce.com' }
    await using given = await worldOf({ [token]: byGrant(tokens, moved) })
    const { id } = await connect(given, providers.salesforce)
    const first = await given.manager.getToken(id)
    expect((first.expiresAt ?? 0) - (first.obtainedAt ?? 0)).toBe(3_600_000)
    expect(first.details).toEqual({ instance_url: 'https://lamps.my.salesforce.com' })
    await given.manager.refreshCredential(id)
    expect((await given.manager.getToken(id)).details).toEqual({
      instance_url: 'https://lamps2.my.salesforce.com',
    })
    expect(await given.manager.describe(id)).toMatchObject({
      account: { id: tokens.id, label: 'https://lamps.my.salesforce.com' },
    })
  })

  it('needs the person again when it says that they are gone', async () => {
    await using given = await worldOf({ [token]: byGrant(tokens, { error: 'inactive_user' }, 400) })
    const { id } = await connect(given, providers.salesforce)
    expect(await rejection(given.manager.refreshCredential(id))).toMatchObject({
      code: 'REAUTHORIZATION_REQUIRED',
    })
  })

  it('lets nobody send a client secret elsewhere', async () => {
    await using given = await worldOf({})
    for (const domain of [
      'salesforce.com.evil.example',
      'evil.example',
      'evilsalesforce.com',
      'a.salesforce.com/x',
    ]) {
      const error = await rejection(
        given.manager.beginAuthorization(providers.salesforce, { ...input, domain }),
      )
      expect(error).toMatchObject({ code: 'INPUT_INVALID', issues: [{ path: 'domain' }] })
    }
  })
})

describe('Shopify', () => {
  it('has a host a shop, and gives tokens that last', async () => {
    await using given = await worldOf({
      'lamps.myshopify.com/admin/oauth/access_token': json({
        access_token: 'shpat_1',
        scope: 'read_orders,write_products',
      }),
    })
    const { id, url } = await connect(given, providers.shopify, {
      shop: 'lamps',
      scope: 'read_orders write_products',
    })
    expect(url.host).toBe('lamps.myshopify.com')
    expect(url.searchParams.get('scope')).toBe('read_orders,write_products')
    const token = await given.manager.getToken(id)
    expect(token.expiresAt).toBeUndefined()
    expect(token).toMatchObject({
      scope: 'read_orders write_products',
      details: { shop: 'lamps.myshopify.com' },
    })
  })
})

describe('others', () => {
  const tokens = { access_token: 'a', token_type: 'bearer', expires_in: 3600, refresh_token: 'r' }

  it('Stripe names the account that was connected, and its token lasts', async () => {
    const answer = {
      ...tokens,
      expires_in: undefined,
      stripe_user_id: 'acct_1',
      livemode: false,
      scope: 'read_write',
    }
    await using given = await worldOf({ 'connect.stripe.com/oauth/token': json(answer) })
    const { id } = await connect(given, providers.stripe)
    const token = await given.manager.getToken(id)
    expect(token.expiresAt).toBeUndefined()
    expect(token).toMatchObject({
      details: { stripe_user_id: 'acct_1' },
    })
    expect(await given.manager.describe(id)).toMatchObject({ account: { id: 'acct_1' } })
  })

  it('Figma takes refresh tokens at an endpoint of their own', async () => {
    await using given = await worldOf({
      'api.figma.com/v1/oauth/token': json(tokens),
      'api.figma.com/v1/oauth/refresh': json({ access_token: 'b', expires_in: 3600 }),
    })
    const { id } = await connect(given, providers.figma)
    await given.manager.refreshCredential(id)
    expect((await given.manager.getToken(id)).value.expose()).toBe('b')
    expect(given.to('api.figma.com/v1/oauth/refresh')[0]?.headers.authorization).toMatch(/^Basic /)
    expect(given.to('api.figma.com/v1/oauth/token')).toHaveLength(1)
  })

  it('HubSpot tells errors by a status', async () => {
    const gone = { status: 'BAD_REFRESH_TOKEN', message: 'missing or invalid refresh token' }
    await using given = await worldOf({ 'api.hubapi.com/oauth/v1/token': byGrant(tokens, gone, 400) })
    const { id } = await connect(given, providers.hubspot)
    expect(await rejection(given.manager.refreshCredential(id))).toMatchObject({
      code: 'REAUTHORIZATION_REQUIRED',
    })
  })

  it('Facebook tells errors by numbers', async () => {
    const answer = json({ error: { message: 'hunter2', type: 'OAuthException', code: 101 } }, 400)
    await using given = await worldOf({ 'graph.facebook.com/v23.0/oauth/access_token': answer })
    expect(await rejection(connect(given, providers.facebook))).toMatchObject({ code: 'PROVIDER_REJECTED' })
  })

  it('Zoho tells errors with HTTP 200', async () => {
    await using given = await worldOf({ 'accounts.zoho.eu/oauth/v2/token': json({ error: 'invalid_code' }) })
    const error = await rejection(connect(given, providers.zoho, { host: 'accounts.zoho.eu' }))
    expect(error).toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
  })

  it('LinkedIn refuses a proof key', async () => {
    const answer = ({ form }: { form: URLSearchParams }) =>
      form.has('code_verifier') ? { status: 403, json: {} } : { json: { ...tokens, scope: 'email,openid' } }
    await using given = await worldOf({ 'www.linkedin.com/oauth/v2/accessToken': answer })
    const { id, url } = await connect(given, providers.linkedin)
    expect(url.searchParams.has('code_challenge')).toBe(false)
    expect((await given.manager.getToken(id)).scope).toBe('email openid')
  })

  it('Mailchimp says 0 for a token that lasts', async () => {
    await using given = await worldOf({
      'login.mailchimp.com/oauth2/token': json({ access_token: 'a', expires_in: 0, scope: null }),
      'login.mailchimp.com/oauth2/metadata': json({
        dc: 'us6',
        login: { login_id: 7, email: 'ada@example.com' },
      }),
    })
    const { id } = await connect(given, providers.mailchimp)
    expect((await given.manager.getToken(id)).expiresAt).toBeUndefined()
    expect(await given.manager.describe(id)).toMatchObject({ account: { id: '7', label: 'ada@example.com' } })
  })

  it('QuickBooks names the company in the callback alone', async () => {
    await using given = await worldOf({ 'oauth.platform.intuit.com/oauth2/v1/tokens/bearer': json(tokens) })
    const begun = await given.manager.beginAuthorization(providers.quickbooks, input)
    const callback = callbackOf(begun, { realmId: '9341453474484455', other: 'not kept' })
    const id = providers.quickbooks.id(await given.manager.resumeAuthorization(callback, begun))
    await given.manager.refreshCredential(id)
    expect((await given.manager.getToken(id)).details).toEqual({ realmId: '9341453474484455' })
  })

  it('Square tells by a date when a token ends', async () => {
    const endsAt = Date.now() + 2_592_000_000
    const { expires_in: _none, ...answer } = {
      ...tokens,
      merchant_id: 'M1',
      expires_at: new Date(endsAt).toISOString(),
    }
    await using given = await worldOf({ 'connect.squareup.com/oauth2/token': json(answer) })
    const { id } = await connect(given, providers.square)
    expect(Math.abs(((await given.manager.getToken(id)).expiresAt ?? 0) - endsAt)).toBeLessThan(5_000)
    expect(await given.manager.describe(id)).toMatchObject({ account: { id: 'M1' } })
  })

  it('Twitch lists what it granted', async () => {
    const answer = json({ ...tokens, scope: ['openid', 'chat:read'] })
    await using given = await worldOf({ 'id.twitch.tv/oauth2/token': answer })
    const { id } = await connect(given, providers.twitch, { scope: 'chat:read' })
    expect((await given.manager.getToken(id)).scope).toBe('openid chat:read')
  })

  it('Linear is asked for the account in its own query language', async () => {
    await using given = await worldOf({
      'api.linear.app/oauth/token': json({ ...tokens, scope: 'read write' }),
      'api.linear.app/graphql': ({ headers, json: body }) =>
        headers.authorization === 'Bearer a' && String(body().query).includes('viewer')
          ? { json: { data: { viewer: { id: 'v', email: 'ada@example.com', name: 'Ada' } } } }
          : { status: 400, json: {} },
    })
    const { id, url } = await connect(given, providers.linear, { scope: 'write' })
    expect(url.searchParams.get('scope')).toBe('read,write')
    expect(await given.manager.describe(id)).toMatchObject({
      account: { id: 'v', label: 'ada@example.com' },
      permissions: { granted: ['read', 'write'] },
    })
  })
})
