import {
  apiKeyHeader,
  authenticateWith,
  CredentialManager,
  type GivenOf,
  MemoryStateStore,
  rawKey,
} from '@nebula-credential/core'
import { leakScan } from '@nebula-credential/testing'
import { describe, expect, it } from 'vitest'
import { apiKey } from './api-key.ts'
import { defineApiKey } from './define-api-key.ts'

const key = 'key-hunter2'

const newManager = () =>
  CredentialManager.builder()
    .withStorage(new MemoryStateStore())
    .withEncryption(rawKey(Buffer.alloc(32, 7)))
    .withCredentials(apiKey, weatherKey)
    .withContext({ tenantId: 'acme', actor: 'test' })
    .build()

const weatherKey = defineApiKey({
  type: 'weather_key',
  placement: { in: 'query', name: 'appid' },
  pattern: /^key-/,
})

/** The request that a credential created from an input authenticates. */
async function sentWith(input: GivenOf<typeof apiKey>): Promise<Request> {
  await using manager = await newManager()
  const id = await manager.createCredential(apiKey, input)
  const request = new Request('https://api.example/v1?page=2', { method: 'POST', body: 'x' })
  return authenticateWith(apiKeyHeader, await manager.getToken(id), request)
}

describe('an API key', () => {
  it('goes into Authorization, as a bearer token', async () => {
    const request = await sentWith({ key })
    expect(request.headers.get('authorization')).toBe(`Bearer ${key}`)
    expect([request.method, request.url]).toEqual(['POST', 'https://api.example/v1?page=2'])
  })

  it('goes into the header that the service wants', async () => {
    const plain = await sentWith({ key, placement: { in: 'header', name: 'X-API-Key' } })
    expect(plain.headers.get('x-api-key')).toBe(key)
    expect(plain.headers.has('authorization')).toBe(false)
    const prefixed = await sentWith({
      key,
      placement: { in: 'header', name: 'Authorization', prefix: 'Token ' },
    })
    expect(prefixed.headers.get('authorization')).toBe(`Token ${key}`)
  })

  it('goes into the query', async () => {
    const request = await sentWith({ key: 'a&b=c', placement: { in: 'query', name: 'api key' } })
    expect(new URL(request.url).searchParams.get('api key')).toBe('a&b=c')
    expect(new URL(request.url).searchParams.get('page')).toBe('2')
  })

  it('loses the white space that was pasted with it', async () => {
    expect((await sentWith({ key: ` ${key}\r\n` })).headers.get('authorization')).toBe(`Bearer ${key}`)
  })

  it('does not expire', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(apiKey, { key })
    expect(await manager.getToken(id)).not.toHaveProperty('expiresAt')
  })

  it.each([
    ['an empty key', { key: '  ' }, 'key'],
    ['a key with a line break', { key: `${key}\nX-Admin: 1` }, 'key'],
    ['a key that no header can carry', { key: 'schlüssel' }, 'key'],
    ['a malformed header name', { key, placement: { in: 'header', name: 'X Key' } }, 'placement.name'],
    [
      'a prefix with a line break',
      { key, placement: { in: 'header', name: 'X', prefix: 'a\n' } },
      'placement.prefix',
    ],
    ['an unknown place', { key, placement: { in: 'cookie', name: 'x' } }, 'placement.in'],
    ['an unknown field', { key, header: 'X-API-Key' }, '(input)'],
  ])('is refused when it is given %s, and not shown', async (_, input, path) => {
    const error = await sentWith(input as never).catch(error => error)
    expect(error).toMatchObject({ code: 'INPUT_INVALID', issues: [{ path }] })
    expect(leakScan(error, [input.key.trim() || key])).toEqual([])
  })
})

describe('defineApiKey', () => {
  it('makes a type whose keys go where that service wants them', async () => {
    await using manager = await newManager()
    const id = await manager.createCredential(weatherKey, { key })
    const request = await authenticateWith(
      apiKeyHeader,
      await manager.getToken(id),
      new Request('https://w.example/'),
    )
    expect(request.url).toBe(`https://w.example/?appid=${key}`)
  })

  it('refuses what does not look like a key of the service', async () => {
    await using manager = await newManager()
    const error = await manager.createCredential(weatherKey, { key: 'pasted-hunter2' }).catch(error => error)
    expect(error).toMatchObject({ code: 'INPUT_INVALID', issues: [{ path: 'key' }] })
    expect(leakScan(error, ['pasted-hunter2'])).toEqual([])
  })

  it('refuses a malformed placement at once', () => {
    expect(() => defineApiKey({ type: 'x', placement: { in: 'header', name: 'X Key' } })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        issues: [{ path: 'name', reason: 'must be a header name' }],
      }),
    )
  })
})
