import { FaultyStore, leakScan } from '@nebula-credential/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { World } from '../../test/managers.ts'
import { eventsIn } from '../audit/test/audit-fixture.ts'
import {
  authenticateWith,
  type BearerToken,
  bearerToken,
  type CreateOptions,
  CredentialError,
  defineCredential,
  httpBearer,
  MemoryStateStore,
  ProviderFailure,
  SecretString,
  type SnapshotAuthenticator,
  secret,
} from '../index.ts'

const acme = { tenantId: 'acme', actor: 'worker' }
const sentinels = ['sentinel-access', 'sentinel-refresh', 'sentinel-label']

async function connected() {
  const world = new World()
  const manager = await world.manager()
  const view = manager.as(acme)
  const id = await view.createCredential(world.account, world.input(), {
    name: 'mine',
    labels: { team: 'a' },
  })
  return { world, manager, view, id }
}

async function rejection(pending: Promise<unknown>): Promise<CredentialError> {
  return pending.then(
    () => expect.unreachable('it should have been rejected'),
    (error: CredentialError) => error,
  )
}

describe('createCredential', () => {
  test('input that does not fit is refused with paths and reasons, never values', async () => {
    const { world, view } = await connected()
    const error = await rejection(
      view.createCredential(world.account, {
        ...world.input(),
        expiresAt: 'sentinel-access' as never,
        refreshToken: '',
      }),
    )
    expect(error).toMatchObject({
      code: 'INPUT_INVALID',
      issues: [
        { path: 'refreshToken', reason: 'is too short or too small' },
        { path: 'expiresAt', reason: 'is missing or has the wrong type' },
      ],
    })
    expect(leakScan(error, sentinels)).toEqual([])
  })

  test("an author's own reason reaches the person, unless it repeats what was given", async () => {
    const { view } = await connected()
    const schema = z.object({
      url: z.string().refine(url => url.startsWith('https:'), 'must be an https URL'),
      code: z.string().refine(() => false, { error: issue => `${issue.input} is wrong` }),
    })
    const picky = defineCredential({
      type: 'picky',
      input: schema,
      state: schema,
      token: bearerToken,
      initialize: input => input,
      access: () => ({ value: SecretString.from('x') }),
    })
    const error = await rejection(view.createCredential(picky, { url: 'http://a', code: 'sentinel-access' }))
    expect(error.issues).toEqual([
      { path: 'url', reason: 'must be an https URL' },
      { path: 'code', reason: 'is not accepted' },
    ])
    expect(leakScan(error, sentinels)).toEqual([])
  })

  test.for<CreateOptions>([
    { name: '' },
    { name: 'x'.repeat(201) },
    { name: 'a\0b' },
    { labels: { '': 'x' } },
    { labels: { team: '\ud800' } },
    { labels: { team: 7 as never } },
    { scope: { userId: '' } },
    { shares: [{}] as never },
  ])('refuses %j', async options => {
    const { world, view } = await connected()
    await expect(view.createCredential(world.account, world.input(), options)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    })
  })

  test('an audit that cannot be written refuses it, and nothing is stored', async () => {
    const world = new World()
    const store = new MemoryStateStore(world.backend)
    const faulty = Object.assign(inTwoSteps(new FaultyStore(store)), {
      audit: () => ({
        name: 'broken',
        head: async () => undefined,
        append: () => Promise.reject(storageError()),
        read: async () => [],
        heads: async () => [],
        close: async () => {},
      }),
    })
    const view = (await world.manager(faulty)).as(acme)
    const error = await rejection(world.settle(view.createCredential(world.account, world.input())))
    expect(error.code).toBe('STORAGE_UNAVAILABLE')
    expect(world.backend.records.size).toBe(0)
  })

  test.each([
    ['with its event in one step', (store: FaultyStore) => store, ['failure']],
    ['after its event', inTwoSteps, ['success', 'failure']],
  ])('one that the store refuses %s is audited as failed', async (_how, audited, outcomes) => {
    const world = new World()
    const store = audited(new FaultyStore(new MemoryStateStore(world.backend)))
    const manager = await world.manager(store)
    store.inject({ method: 'create', kind: 'fail' })
    const view = manager.as(acme)
    const error = await rejection(world.settle(view.createCredential(world.account, world.input())))
    expect(error.code).toBe('STORAGE_UNAVAILABLE')
    await world.settle(manager.close())
    expect(world.backend.records.size).toBe(0)
    const sink = new MemoryStateStore(world.backend).audit()
    const events = (await eventsIn(sink)).filter(({ action }) => action === 'credential.create')
    expect(events.map(({ outcome }) => outcome)).toEqual(outcomes)
  })

  test('the same type name for another definition is refused, by name works', async () => {
    const { world, view, manager } = await connected()
    const impostor = defineCredential({
      type: 'account',
      input: z.object({ key: secret() }),
      state: z.object({ key: secret() }),
      token: bearerToken,
      initialize: input => input,
      access: ({ key }) => ({ value: key }),
    })
    await expect(view.createCredential(impostor, { key: 'x' })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    })
    expect(() => manager.registerCredential(impostor)).toThrow('registered already')
    await expect(view.createCredential('account' as never, world.input() as never)).resolves.toMatch(
      /^account_/,
    )
    await expect(view.createCredential('unheard_of' as never, {} as never)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })

  test('a context gives its own scope to what it creates, unless told otherwise', async () => {
    const { world, manager } = await connected()
    const ann = manager.as({ ...acme, userId: 'ann' })
    const own = await ann.createCredential(world.account, world.input())
    const open = await ann.createCredential(world.account, world.input(), { scope: {} })
    expect((await ann.describe(own)).scope).toEqual({ tenantId: 'acme', userId: 'ann' })
    expect((await manager.as(acme).describe(open)).scope).toEqual({ tenantId: 'acme' })
    await expect(manager.as(acme).describe(own)).rejects.toMatchObject({ code: 'CREDENTIAL_NOT_FOUND' })
  })
})

describe('list', () => {
  test('shows what the context may use, page by page, and no secret', async () => {
    const { world, manager, view } = await connected()
    for (let i = 0; i < 25; i++) {
      const owner = manager.as({ ...acme, userId: i % 5 === 0 ? 'ann' : 'bob' })
      await owner.createCredential(world.account, world.input(), { labels: { team: i % 2 ? 'a' : 'b' } })
    }
    const ann = manager.as({ ...acme, userId: 'ann' })
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await ann.list({ limit: 2, cursor })
      seen.push(...page.credentials.map(credential => credential.id))
      cursor = page.cursor
      expect(leakScan(page, sentinels)).toEqual([])
    } while (cursor !== undefined)
    expect(new Set(seen).size).toBe(6)
    expect((await ann.list({ labels: { team: 'b' } })).credentials).toHaveLength(3)
    expect((await view.list()).credentials).toHaveLength(1)
    await expect(view.list({ cursor: 'nonsense' })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await expect(view.list({ limit: 0 })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    const all = await manager.operator('op').list({ limit: 1_000 })
    expect(all.credentials).toHaveLength(26)
  })
})

describe('verifyCredential', () => {
  test('says whose account it is, which describe then tells, sealed at rest', async () => {
    const { world, view, id } = await connected()
    expect(await view.verifyCredential(id)).toEqual({
      valid: true,
      asked: true,
      account: { id: 'account-1', label: 'sentinel-label' },
    })
    expect((await view.describe(id)).account?.label).toBe('sentinel-label')
    expect((await view.describe(id)).generation).toBe(1)
    expect(leakScan([...world.backend.records.values()], sentinels)).toEqual([])
  })

  test('a token that the service refuses is refreshed once before the credential is called invalid', async () => {
    const { world, view, id } = await connected()
    await world.clock.advance(60_000)
    world.server.refuseAccess = true
    expect(await world.settle(view.verifyCredential(id))).toEqual({ valid: false, asked: true })
    expect(world.server.requests).toEqual(['granted'])
  })

  test('a service that cannot be asked says nothing of the credential', async () => {
    const { world, view } = await connected()
    const type = defineCredential({
      type: 'unreachable',
      input: z.object({ key: secret() }),
      state: z.object({ key: secret() }),
      token: bearerToken,
      initialize: input => input,
      access: ({ key }) => ({ value: key }),
      verify: () => Promise.reject(new ProviderFailure('transient', 'HTTP 500')),
    })
    const id = await view.createCredential(type, { key: 'k' })
    await expect(world.settle(view.verifyCredential(id))).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
    })
  })

  test('a request that was refused on our side says nothing of the credential, but what to change', async () => {
    const { world, view } = await connected()
    const type = defineCredential({
      type: 'inside',
      input: z.object({ key: secret() }),
      state: z.object({ key: secret() }),
      token: bearerToken,
      initialize: input => input,
      access: ({ key }) => ({ value: key }),
      verify: () => Promise.reject(new CredentialError('CONFIG_INVALID', 'Refused to connect to 10.0.0.1')),
    })
    const id = await view.createCredential(type, { key: 'k' })
    await expect(world.settle(view.verifyCredential(id))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('Refused to connect to 10.0.0.1'),
      credentialId: id,
    })
  })
})

test('a call that was given a promise says to await it', async () => {
  const { view, id } = await connected()
  const wait = { code: 'INPUT_INVALID', message: expect.stringContaining('await it') }
  await expect(view.getToken(Promise.resolve(id) as never)).rejects.toMatchObject(wait)
  await expect(
    authenticateWith(httpBearer, view.getToken(id) as never, new Request('https://a.example')),
  ).rejects.toMatchObject({ code: 'TYPE_MISMATCH', message: expect.stringContaining('await getToken(id)') })
})

describe('revokeCredential', () => {
  test('ends it here and at the provider, in every manager, and erases the secret', async () => {
    const { world, view, id } = await connected()
    const elsewhere = (await world.manager()).as(acme)
    await elsewhere.getToken(id)
    expect(await view.revokeCredential(id)).toEqual({ provider: 'revoked' })
    await world.clock.advance(0)
    for (const each of [view, elsewhere]) {
      await expect(each.getToken(id)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
    }
    expect(world.server.revokedTokens).toEqual(['sentinel-refresh-1'])
    expect(await view.describe(id)).toMatchObject({ lifecycle: 'Revoked', generation: 2 })
    await expect(view.revokeCredential(id)).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION' })
    await expect(view.updateCredential(id, { name: 'again' })).rejects.toMatchObject({
      code: 'ILLEGAL_TRANSITION',
    })
    await expect(view.updateCredential(id, { input: world.input() })).rejects.toMatchObject({
      code: 'ILLEGAL_TRANSITION',
    })
  })

  test('a provider that cannot be told is told by the next call', async () => {
    const world = new World()
    const view = (await world.manager()).as(acme)
    const state = z.object({ key: secret() })
    let down = true
    const type = defineCredential({
      type: 'stubborn',
      input: state,
      state,
      token: bearerToken,
      initialize: input => input,
      access: ({ key }) => ({ value: key }),
      async revoke({ key }) {
        if (down) throw new ProviderFailure('transient', 'HTTP 503')
        expect(key.expose()).toBe('the-key')
      },
    })
    const id = await view.createCredential(type, { key: 'the-key' })
    expect(await view.revokeCredential(id)).toEqual({ provider: 'failed' })
    await expect(view.getToken(id)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
    down = false
    expect(await view.revokeCredential(id)).toEqual({ provider: 'revoked' })
  })

  test('a provider that has no way for this credential is not said to have been told', async () => {
    const world = new World()
    const view = (await world.manager()).as(acme)
    const state = z.object({ key: secret() })
    const type = defineCredential({
      type: 'endless',
      input: state,
      state,
      token: bearerToken,
      initialize: input => input,
      access: ({ key }) => ({ value: key }),
      async revoke() {
        throw new CredentialError('NOT_SUPPORTED', 'end it in the settings')
      },
    })
    const id = await view.createCredential(type, { key: 'the-key' })
    expect(await view.revokeCredential(id)).toEqual({ provider: 'unsupported' })
    await expect(view.getToken(id)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
    // Its secret is erased: there is nobody to tell it to.
    await expect(view.revokeCredential(id)).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION' })
  })
})

test('deleteCredential leaves nothing behind, and tells nobody outside its scope', async () => {
  const { world, manager, view, id } = await connected()
  await view.getToken(id)
  await expect(manager.as({ tenantId: 'evil' }).deleteCredential(id)).rejects.toMatchObject({
    code: 'CREDENTIAL_NOT_FOUND',
  })
  await view.deleteCredential(id)
  await expect(view.getToken(id)).rejects.toMatchObject({ code: 'CREDENTIAL_NOT_FOUND' })
  await expect(view.deleteCredential(id)).rejects.toMatchObject({ code: 'CREDENTIAL_NOT_FOUND' })
  expect(world.backend.records.size).toBe(0)
})

describe('reportRejected', () => {
  test('a hundred late refusals of one token replace it once', async () => {
    const { world, view, id } = await connected()
    const token = await view.getToken(id)
    await world.clock.advance(60_000)
    const late = Array.from({ length: 100 }, () => view.reportRejected(id, token))
    const tokens = await world.settle(Promise.all(late))
    expect(new Set(tokens.map(each => each.generation))).toEqual(new Set([2]))
    expect((await world.settle(view.reportRejected(id, token))).generation).toBe(2)
    expect(world.server.requests).toEqual(['granted'])
  })

  test('a refusal right after the token was obtained is replication lag', async () => {
    const { world, view, id } = await connected()
    const token = await view.getToken(id)
    await world.clock.advance(1_000)
    const before = world.clock.now()
    expect((await world.settle(view.reportRejected(id, token))).generation).toBe(1)
    expect(world.clock.now() - before).toBeGreaterThanOrEqual(1_000)
    expect(world.server.requests).toEqual([])
  })
})

describe('client', () => {
  const wrapper: SnapshotAuthenticator<void, { readonly secret: string }, BearerToken> = {
    name: 'wrapper',
    kind: 'bearer',
    authenticate: (_target, token) => ({ secret: token.value.expose() }),
  }

  test('a client without a hook is kept until its secret changes', async () => {
    const { world, view, id } = await connected()
    const client = await view.client(id, wrapper)
    expect(await view.client(id, wrapper)).toBe(client)
    await world.clock.advance(3_600_001)
    const next = await world.settle(view.client(id, wrapper))
    expect(next).not.toBe(client)
    expect(next.secret).toBe('sentinel-access-1')
  })

  test('a live client asks for its token each time it needs one, and is kept', async () => {
    const { world, view, id } = await connected()
    const live = {
      name: 'live',
      kind: 'bearer',
      live: true as const,
      authenticate: (_target: void, source: { getToken(): Promise<BearerToken> }) => ({
        call: async () => (await source.getToken()).value.expose(),
      }),
    } as const
    const client = await view.client(id, live)
    const first = await client.call()
    await world.clock.advance(3_600_001)
    expect(await world.settle(client.call())).not.toBe(first)
    expect(await world.settle(view.client(id, live))).toBe(client)
  })

  test('a live client is made anew when what it is built on for good has changed', async () => {
    const { world, view, id } = await connected()
    const live = {
      name: 'live',
      kind: 'bearer',
      live: true as const,
      builtOn: (token: BearerToken) => (token.generation < 3 ? 'one server' : 'another'),
      authenticate: (_target: void) => ({}),
    } as const
    const client = await view.client(id, live)
    await world.settle(view.refreshCredential(id))
    expect(await world.settle(view.client(id, live))).toBe(client)
    await world.settle(view.refreshCredential(id))
    expect(await world.settle(view.client(id, live))).not.toBe(client)
  })

  test('a target is authenticated anew each time, and a wrong kind refused', async () => {
    const { view, id } = await connected()
    const request = await view.client(id, httpBearer, new Request('https://api.example.com/'))
    expect(request.headers.get('authorization')).toBe('Bearer sentinel-access-0')
    const basic = { ...wrapper, kind: 'basic' } as never as typeof wrapper
    await expect(view.client(id, basic)).rejects.toMatchObject({ code: 'TYPE_MISMATCH' })
  })

  test('what another context may not use, it gets no client for', async () => {
    const { manager, view, id } = await connected()
    await view.client(id, wrapper)
    await expect(manager.as({ tenantId: 'evil' }).client(id, wrapper)).rejects.toMatchObject({
      code: 'CREDENTIAL_NOT_FOUND',
    })
  })
})

test('no secret shows in anything that printing the results of a whole life would show', async () => {
  const { world, manager, view, id } = await connected()
  const token = await view.getToken(id)
  const shown: unknown[] = [token, manager, view, id, await view.describe(id), await view.list()]
  await world.clock.advance(3_600_001)
  world.server.disturb({ fail: new ProviderFailure('terminal', 'invalid_grant') })
  shown.push(await rejection(world.settle(view.getToken(id))))
  shown.push(await view.revokeCredential(id).catch((error: unknown) => error))
  shown.push(await Array.fromAsync(manager.operator('op').readAudit({ tenantId: 'acme' })))
  for (const value of shown) expect(leakScan(value, ['sentinel-access', 'sentinel-refresh'])).toEqual([])
})

function storageError(): CredentialError {
  return new CredentialError('STORAGE_UNAVAILABLE', 'The audit sink is down')
}

/** The store, as one that cannot make a change and audit it at once. */
function inTwoSteps(store: FaultyStore): FaultyStore {
  Reflect.deleteProperty(store, 'writeAudited')
  return store
}
