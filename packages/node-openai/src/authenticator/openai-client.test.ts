import { createHmac } from 'node:crypto'
import {
  apiKeyHeader,
  apiKeyToken,
  authenticatedFetch,
  authenticateWith,
  type BasicToken,
  basicToken,
  CredentialManager,
  chain,
  defineCredential,
  lend,
  link,
  MemoryStateStore,
  rawKey,
  type SnapshotAuthenticator,
} from '@nebula-credential/core'
import { FakeClock, leakScan } from '@nebula-credential/testing'
import OpenAI, { APIConnectionError, AzureOpenAI } from 'openai'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { startOpenai } from '../../test/service.ts'
import { apiKey, azure, openWorld } from '../../test/world.ts'
import { openaiToken } from '../credential/openai-token.ts'
import { openaiClient } from './openai-client.ts'

afterEach(() => vi.unstubAllEnvs())

describe.each([
  ['OpenAI', undefined],
  ['Azure', azure],
] as const)('the client for %s', (_, place) => {
  it('sends the key of its credential, and goes on with the next one', async () => {
    await using world = await openWorld(place)
    const { manager, id, service } = world
    const client = await manager.client(id, openaiClient)
    expect((await client.models.list()).data).toMatchObject([{ id: 'gpt-lamp' }])
    service.replaceKey('sk-next')
    await expect(client.models.list()).rejects.toMatchObject({ status: 401 })
    await manager.updateCredential(id, { input: { apiKey: 'sk-next', ...world.place } })
    expect((await client.models.list()).data).toHaveLength(1)
    expect(await manager.client(id, openaiClient)).toBe(client)
  })

  it('does not take the key to another server that the credential is changed to', async () => {
    await using world = await openWorld(place)
    await using other = await startOpenai('sk-other')
    const { manager, id, service } = world
    const client = await manager.client(id, openaiClient)
    const input = { apiKey: 'sk-other', ...(place?.(other.origin) ?? { baseURL: `${other.origin}/v1` }) }
    await manager.updateCredential(id, { input })
    const error = await client.models.list({ maxRetries: 0 }).catch(error => error)
    expect(error).toBeInstanceOf(Error)
    expect(service.requests.concat(other.requests)).toEqual([])
    expect((await (await manager.client(id, openaiClient)).models.list()).data).toHaveLength(1)
  })

  it('shows no key in the error of a server that is away', async () => {
    await using world = await openWorld(place)
    const client = await world.manager.client(world.id, openaiClient)
    await world.service[Symbol.asyncDispose]()
    const error = await client.models.list({ maxRetries: 0 }).catch(error => error)
    expect(error).toBeInstanceOf(APIConnectionError)
    expect(leakScan(error, ['sentinel-key'])).toEqual([])
    expect(openaiClient.explain?.(error)).toMatchObject({ kind: 'transient', peerDown: true })
  })
})

describe('openaiClient', () => {
  it('has nothing of the process’s environment', async () => {
    vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:9/v1')
    vi.stubEnv('OPENAI_ORG_ID', 'org-of-the-process')
    vi.stubEnv('OPENAI_PROJECT_ID', 'project-of-the-process')
    vi.stubEnv('OPENAI_ADMIN_KEY', 'sk-admin')
    const token = openaiToken.mint({ value: lend(apiKey), placement: { in: 'header', name: 'x' } }, 1)
    const client = await authenticateWith(openaiClient, token)
    expect(client).toBeInstanceOf(OpenAI)
    expect(client).toMatchObject({
      baseURL: 'https://api.openai.com/v1',
      organization: null,
      project: null,
      adminAPIKey: null,
    })
  })

  it('calls a deployment of Azure, whatever model is named', async () => {
    await using world = await openWorld(azure)
    const client = await world.manager.client(world.id, openaiClient)
    expect(client).toBeInstanceOf(AzureOpenAI)
    await client.chat.completions.create({ model: 'any', messages: [{ role: 'user', content: 'x' }] })
    const [request] = world.service.requests
    expect(request?.path).toBe('/openai/deployments/lamps/chat/completions')
    expect(request?.query.get('api-version')).toBe('2024-10-21')
    expect(request?.headers).not.toHaveProperty('authorization')
  })

  it('is not needed where a gateway wants more: the SDK sends by a chain too', async () => {
    await using world = await openWorld()
    const { manager, id, service } = world
    const gatewayKey = apiKeyToken.mint(
      { value: lend('gateway'), placement: { in: 'header', name: 'X-Gateway-Key' } },
      1,
    )
    const signed: SnapshotAuthenticator<Request, Request, BasicToken> = {
      name: 'signed',
      kind: 'basic',
      authenticate(request, token) {
        const signature = createHmac('sha256', token.password.expose())
          .update(`${request.url} ${request.headers.get('x-gateway-key')}`)
          .digest('hex')
        return new Request(request, { headers: [...request.headers, ['x-signature', signature]] })
      },
    }
    const signer = basicToken.mint({ username: 'signer', password: lend('sentinel-signer') }, 1)
    const links = chain(
      link(apiKeyHeader, manager.tokenSource(id)),
      link(apiKeyHeader, gatewayKey),
      link(signed, signer),
    )
    const baseURL = `${service.origin}/v1`
    const client = new OpenAI({ apiKey: 'none', baseURL, fetch: authenticatedFetch(links) })
    const messages = [{ role: 'user' as const, content: 'x' }]
    const { choices } = await client.chat.completions.create({ model: 'm', messages })
    expect(choices[0]?.message.content).toBe('Light.')
    const [request] = service.requests
    expect(request?.headers).toMatchObject({
      authorization: `Bearer ${apiKey}`,
      'x-gateway-key': 'gateway',
      'x-signature': expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(request?.json()).toMatchObject({ model: 'm', messages })
  })

  it('gets a new token in the middle of its life, when the one that it had expires', async () => {
    await using service = await startOpenai('gateway-1')
    const clock = new FakeClock()
    await using manager = await CredentialManager.builder()
      .withStorage(new MemoryStateStore())
      .withEncryption(rawKey(Buffer.alloc(32, 7)))
      .withCredentials(gatewayKey)
      .withContext({ tenantId: 'acme' })
      .withClock(clock)
      .build()
    const input = { serial: 1, expiresAt: clock.now() + 600_000, baseURL: `${service.origin}/v1` }
    const id = await manager.createCredential(gatewayKey, input)
    const client = await manager.client(id, openaiClient)
    expect((await client.models.list()).data).toHaveLength(1)
    await clock.advance(600_001)
    service.replaceKey('gateway-2')
    expect((await client.models.list()).data).toHaveLength(1)
    expect(service.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer gateway-1',
      'Bearer gateway-2',
    ])
  })
})

/** Keys of a gateway that live for ten minutes. */
const state = z.object({
  serial: z.number(),
  expiresAt: z.number(),
  baseURL: z.string(),
})
const gatewayKey = defineCredential({
  type: 'gateway_key',
  input: state,
  state,
  token: openaiToken,
  initialize: input => input,
  access: ({ serial, expiresAt, baseURL }) => ({
    value: lend(`gateway-${serial}`),
    placement: { in: 'header', name: 'Authorization', prefix: 'Bearer ' } as const,
    baseURL,
    expiresAt,
  }),
  refresh: {
    rotating: false,
    perform: async (current, { startedAt }) => ({
      ...current,
      serial: current.serial + 1,
      expiresAt: startedAt + 600_000,
    }),
  },
})
