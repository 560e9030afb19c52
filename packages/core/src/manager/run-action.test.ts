import { leakScan } from '@nebula-credential/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { testKey, World } from '../../test/managers.ts'
import {
  apiKeyToken,
  type BearerToken,
  bearerToken,
  CredentialError,
  CredentialManager,
  defineAction,
  defineCredential,
  defineStream,
  MemoryStateStore,
  needs,
  needsToken,
  ProviderFailure,
  type SnapshotAuthenticator,
  secret,
} from '../index.ts'

/** A client of the service that the world's tokens are for. */
class Client {
  readonly token: string
  constructor(token: string) {
    this.token = token
  }
}

class ClientError extends Error {
  readonly status: number
  constructor(status: number) {
    super(`HTTP ${status}: sentinel-body`)
    this.status = status
  }
}

const client: SnapshotAuthenticator<void, Client, BearerToken> = {
  name: 'client',
  kind: 'bearer',
  authenticate: (_, token) => new Client(token.value.expose()),
  explain(error) {
    if (!(error instanceof ClientError)) return undefined
    const kinds = { 401: 'terminal', 403: 'config', 429: 'transient' } as const
    return new ProviderFailure(kinds[error.status as 401] ?? 'unknown', `HTTP ${error.status}`, {
      retryAt: error.status === 429 ? 9e12 : undefined,
    })
  },
}

async function scene() {
  const world = new World()
  const manager = await world.manager()
  const acme = manager.as({ tenantId: 'acme', actor: 'worker', workflowId: 'w1' })
  const id = await acme.createCredential(world.account, world.input(), { name: 'one' })
  const declared = {
    name: 'test.act',
    credentials: { service: needs(world.account, client) },
    input: z.strictObject({ text: z.string().max(5) }),
  }
  const action = (run: (client: Client, signal: AbortSignal) => unknown) =>
    defineAction({
      ...declared,
      output: z.object({ said: z.string() }),
      timeoutMs: 1_000,
      run: ({ service }, _, { signal }) => run(service, signal) as { said: string },
    })
  const act = (run: (client: Client, signal: AbortSignal) => unknown) =>
    acme.run(action(run), { service: id }, { text: 'x' }).catch(error => error)
  return { world, manager, acme, id, declared, action, act }
}

/** The uses that the audit tells of. */
async function usesIn(manager: CredentialManager) {
  const recorded = await Array.fromAsync(manager.operator('op').readAudit({ tenantId: 'acme' }))
  return recorded.map(({ event }) => event).filter(event => event.action === 'credential.use')
}

const ageOut = (world: World) => world.clock.advance(10_000)

describe('an action', () => {
  test('gets clients that work, checked input, and returns what it declares', async () => {
    const { manager, acme, id, declared } = await scene()
    const act = defineAction({
      ...declared,
      output: z.object({ said: z.string().toUpperCase() }),
      run: ({ service }, { text }) => ({ said: `${text} ${service.token}` }),
    })
    expect(await acme.run(act, { service: id }, { text: 'hi' })).toEqual({ said: 'HI SENTINEL-ACCESS-0' })
    expect(await usesIn(manager)).toMatchObject([
      {
        outcome: 'success',
        credentialId: id,
        credentialType: 'account',
        actor: 'worker',
        context: { workflowId: 'w1' },
        usedBy: 'test.act',
        generation: 1,
      },
    ])
  })

  test('gets the fetch of its manager', async () => {
    const ask: typeof fetch = async () => new Response('from the fetch of the manager')
    await using manager = await CredentialManager.builder()
      .withStorage(new MemoryStateStore())
      .withEncryption(testKey)
      .withContext({ tenantId: 'acme' })
      .withFetch(ask)
      .build()
    const act = defineAction({
      name: 'test.ask',
      credentials: {},
      input: z.strictObject({}),
      output: z.string(),
      run: async (_, __, context) => (await context.fetch?.('https://service.example'))?.text() ?? 'none',
    })
    expect(await manager.run(act, {}, {})).toBe('from the fetch of the manager')
  })

  test('does not run with wrong input, another credential, or none', async () => {
    const { manager, acme, id, action } = await scene()
    let ran = false
    const act = action(() => {
      ran = true
      return { said: '' }
    })
    const wrong = acme.run(act, { service: id }, { text: 'sentinel-too-long' })
    const error = await wrong.catch(error => error)
    expect(error).toMatchObject({ code: 'INPUT_INVALID', issues: [{ path: 'text' }] })
    expect(leakScan(error, ['sentinel-too-long'])).toEqual([])
    const other = `other_${'0'.repeat(26)}` as typeof id
    await expect(acme.run(act, { service: other }, { text: 'x' })).rejects.toMatchObject({
      code: 'TYPE_MISMATCH',
    })
    await expect(acme.run(act, {} as never, { text: 'x' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    const stranger = manager.as({ tenantId: 'other' })
    await expect(stranger.run(act, { service: id }, { text: 'x' })).rejects.toMatchObject({
      code: 'CREDENTIAL_NOT_FOUND',
    })
    expect(ran).toBe(false)
    expect(await usesIn(manager)).toEqual([])
  })

  test('takes credentials of any type whose token is of its kind', async () => {
    const { acme, id } = await scene()
    const say = defineAction({
      name: 'test.say',
      credentials: { service: needsToken(bearerToken, client) },
      input: z.strictObject({}),
      output: z.string(),
      run: ({ service }) => service.token,
    })
    const token = await acme.getToken(id)
    expect(await acme.run(say, { service: id }, {})).toBe(token.value.expose())
    const key = defineCredential({
      type: 'key',
      input: z.strictObject({ key: secret() }),
      state: z.strictObject({ key: secret() }),
      token: apiKeyToken,
      initialize: input => input,
      access: ({ key }) => ({ value: key }),
    })
    const other = await acme.createCredential(key, { key: 'sentinel' })
    await expect(acme.run(say, { service: other as never }, {})).rejects.toMatchObject({
      code: 'TYPE_MISMATCH',
      credentialId: other,
    })
    const unknown = `unknown_${'0'.repeat(26)}`
    await expect(acme.run(say, { service: unknown as never }, {})).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })

  test.for([
    [403, 'PROVIDER_REJECTED', undefined],
    [429, 'PROVIDER_UNAVAILABLE', 9e12],
    [500, 'PROVIDER_UNAVAILABLE', undefined],
  ] as const)('says what its service meant by HTTP %i', async ([status, code, retryAt]) => {
    const { manager, id, act } = await scene()
    const error = await act(() => Promise.reject(new ClientError(status)))
    expect(error).toMatchObject({ code, credentialId: id, ...(retryAt && { retryAt }) })
    expect(leakScan(error, ['sentinel'])).toEqual([])
    expect(await usesIn(manager)).toMatchObject([{ outcome: 'failure', code }])
  })

  test('has a refused token replaced, so that the next run works', async () => {
    const { world, act } = await scene()
    await ageOut(world)
    const accepted = 'sentinel-access-1'
    const call = async ({ token }: Client) => {
      if (token !== accepted) throw new ClientError(401)
      return { said: token }
    }
    expect(await act(call)).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryable: true })
    expect(await act(call)).toEqual({ said: accepted })
    expect(world.server.grants).toBe(1)
  })

  test('says that a person must connect again, when a refused token cannot be replaced', async () => {
    const { world, act, id } = await scene()
    await ageOut(world)
    world.server.familyRevoked = true
    expect(await act(() => Promise.reject(new ClientError(401)))).toMatchObject({
      code: 'REAUTHORIZATION_REQUIRED',
      credentialId: id,
    })
  })

  test('hands on what is not its client’s', async () => {
    const { act } = await scene()
    const own = new RangeError('mine')
    expect(await act(() => Promise.reject(own))).toBe(own)
  })

  test('finds our own error within one that a client wrapped around it', async () => {
    const { act } = await scene()
    const ours = new CredentialError('COOLING_DOWN', 'The credential rests', { retryAt: 5 })
    const wrapped = Object.assign(new ClientError(500), { cause: new Error('Key function', { cause: ours }) })
    expect(await act(() => Promise.reject(wrapped))).toBe(ours)
  })

  test('that returns something else than it declares is its author’s fault', async () => {
    const { act } = await scene()
    const error = await act(() => ({ said: 7, secret: 'sentinel' }))
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', issues: [{ path: 'said' }] })
    expect(leakScan(error, ['sentinel'])).toEqual([])
  })

  test('is given up after its time, and told so', async () => {
    const { world, act } = await scene()
    let told: unknown
    const never = act((_, signal) => {
      signal.addEventListener('abort', () => {
        told = signal.reason
      })
      return new Promise(() => {})
    })
    const error = await world.settle(never)
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', message: expect.stringContaining('1000 ms') })
    expect(told).toBe(error)
  })

  test('ends when its caller gives up, with the caller’s reason', async () => {
    const { acme, id, action, manager } = await scene()
    const giveUp = new AbortController()
    const act = action(() => {
      giveUp.abort(new Error('enough'))
      return new Promise(() => {})
    })
    await expect(acme.run(act, { service: id }, { text: 'x' }, { signal: giveUp.signal })).rejects.toThrow(
      'enough',
    )
    await expect(acme.run(act, { service: id }, { text: 'x' }, { signal: giveUp.signal })).rejects.toThrow(
      'enough',
    )
    expect(await usesIn(manager)).toMatchObject([{ outcome: 'failure' }])
  })

  test('ends when the manager closes, and its use is in the audit', async () => {
    const { world, manager, act } = await scene()
    const { promise: started, resolve: start } = Promise.withResolvers<void>()
    const pending = act(() => {
      start()
      return new Promise(() => {})
    })
    await started
    await world.settle(manager.close())
    expect(await pending).toMatchObject({ code: 'CLOSED' })
    expect(await usesIn(await world.manager())).toMatchObject([{ outcome: 'failure', code: 'CLOSED' }])
  })

  test('with two credentials does not say whose error it was where it cannot know', async () => {
    const { world, acme, id, declared } = await scene()
    const second = await acme.createCredential(world.account, world.input(), { name: 'two' })
    const act = defineAction({
      ...declared,
      credentials: { a: needs(world.account, client), b: needs([world.account], client) },
      output: z.object({}),
      run: () => Promise.reject(new ClientError(403)),
    })
    const error = await acme.run(act, { a: id, b: second }, { text: 'x' }).catch(error => error)
    expect(error).toMatchObject({ code: 'PROVIDER_REJECTED' })
    expect(error).not.toHaveProperty('credentialId')
  })

  test.for(['act', 'Test.act', 'test act.x', ''])('needs a name of service and deed, not "%s"', name => {
    expect(() =>
      defineAction({ name, credentials: {}, input: z.object({}), output: z.object({}), run: () => ({}) }),
    ).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })
})

describe('a stream', () => {
  async function streaming(
    run: (client: Client, signal: AbortSignal) => AsyncIterable<number>,
    options: { signal?: AbortSignal } = {},
  ) {
    const { declared, acme, id, ...rest } = await scene()
    const count = defineStream({
      ...declared,
      chunk: z.number(),
      timeoutMs: 1_000,
      run: ({ service }, _, { signal }) => run(service, signal),
    })
    return { ...rest, pieces: acme.stream(count, { service: id }, { text: 'x' }, options) }
  }

  test('hands out pieces as they come, and is one use in the audit', async () => {
    const { manager, pieces } = await streaming(async function* () {
      yield 1
      yield 2
    })
    expect(await Array.fromAsync(pieces)).toEqual([1, 2])
    expect(await usesIn(manager)).toMatchObject([{ outcome: 'success', usedBy: 'test.act' }])
  })

  test('ends the work when nobody wants more of it', async () => {
    let ended = false
    let aborted = false
    const { manager, pieces } = await streaming(async function* (_, signal) {
      signal.addEventListener('abort', () => {
        aborted = true
      })
      try {
        for (let number = 1; ; number++) yield number
      } finally {
        ended = true
      }
    })
    for await (const number of pieces) if (number === 3) break
    await expect.poll(() => ended).toBe(true)
    expect(aborted).toBe(true)
    expect(await usesIn(manager)).toMatchObject([{ outcome: 'success' }])
  })

  test('that breaks in the middle says what its service meant', async () => {
    const { manager, pieces } = await streaming(async function* () {
      yield 1
      throw new ClientError(429)
    })
    expect((await pieces.next()).value).toBe(1)
    await expect(pieces.next()).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryAt: 9e12 })
    expect(await usesIn(manager)).toMatchObject([{ outcome: 'failure', code: 'PROVIDER_UNAVAILABLE' }])
  })

  test('that falls silent is given up, although its source never ends', async () => {
    const { world, pieces } = await streaming(async function* () {
      yield 1
      await new Promise(() => {})
    })
    await pieces.next()
    await expect(world.settle(pieces.next())).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
  })

  test('left standing is in the audit when the manager has closed', async () => {
    const { world, manager, pieces } = await streaming(async function* () {
      yield 1
      yield 2
    })
    await pieces.next()
    await world.settle(manager.close())
    expect(await usesIn(await world.manager())).toMatchObject([{ outcome: 'failure', code: 'CLOSED' }])
    await expect(pieces.next()).rejects.toMatchObject({ code: 'CLOSED' })
  })
})
