import { describe, expect, test } from 'vitest'
import { apiKeyToken, type BearerToken, basicToken, bearerToken } from '../credential/token-kind.ts'
import { lend } from '../secret/secret-string.ts'
import { authenticateWith } from './authenticate-with.ts'
import { chain, link } from './chain.ts'
import { apiKeyHeader, basicAuth, httpBearer } from './http.ts'

const url = 'https://api.example.com/things?limit=1'
const bearer = bearerToken.mint({ value: lend('tok-1') }, 1)
const key = (placement?: Parameters<typeof apiKeyToken.mint>[0]['placement']) =>
  apiKeyToken.mint({ value: lend('key 1'), placement }, 1)

describe('the HTTP authenticators', () => {
  test('keep the request as it was, but for the credential', async () => {
    const request = new Request(url, { method: 'POST', body: '{"a":1}', headers: { accept: 'text/plain' } })
    const sent = await authenticateWith(httpBearer, bearer, request)
    expect(sent.headers.get('authorization')).toBe('Bearer tok-1')
    expect(sent.headers.get('accept')).toBe('text/plain')
    expect([sent.method, sent.url, await sent.text()]).toEqual(['POST', url, '{"a":1}'])
    expect(request.headers.has('authorization')).toBe(false)
  })

  test('send an API key where its credential says', async () => {
    const plain = await authenticateWith(apiKeyHeader, key(), new Request(url))
    expect(plain.headers.get('x-api-key')).toBe('key 1')
    const prefixed = await authenticateWith(
      apiKeyHeader,
      key({ in: 'header', name: 'Authorization', prefix: 'Token ' }),
      new Request(url),
    )
    expect(prefixed.headers.get('authorization')).toBe('Token key 1')
    const query = await authenticateWith(apiKeyHeader, key({ in: 'query', name: 'k' }), new Request(url))
    expect(query.url).toBe(`${url}&k=key+1`)
  })

  test('send Basic credentials in UTF-8, and refuse a colon in the user name', async () => {
    const token = basicToken.mint({ username: 'jürgen', password: lend('p:ä') }, 1)
    const sent = await authenticateWith(basicAuth, token, new Request(url))
    const pair = Buffer.from(sent.headers.get('authorization')?.slice(6) ?? '', 'base64').toString()
    expect(pair).toBe('jürgen:p:ä')
    const colon = basicToken.mint({ username: 'a:b', password: lend('p') }, 1)
    await expect(authenticateWith(basicAuth, colon, new Request(url))).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    })
  })

  test('a secret that no header can carry is refused without showing it', async () => {
    const token = bearerToken.mint({ value: lend('sentinel\nsecret') }, 1)
    await expect(authenticateWith(httpBearer, token, new Request(url))).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.not.stringContaining('sentinel'),
    })
  })
})

describe('authenticateWith', () => {
  test('asks a source for its token, and gives it whole to a live authenticator', async () => {
    let asked = 0
    const source = {
      getToken: async () => {
        asked++
        return bearer
      },
      reportRejected: async () => bearer,
    }
    await authenticateWith(httpBearer, source, new Request(url))
    expect(asked).toBe(1)
    const live = {
      name: 'live',
      kind: 'bearer',
      live: true,
      authenticate: (_: void, given: { getToken(): Promise<BearerToken> }) => given,
    } as const
    expect(await authenticateWith(live, source)).toBe(source)
    expect(await (await authenticateWith(live, bearer)).getToken()).toBe(bearer)
  })

  test('a token of another kind is refused at run time too', async () => {
    await expect(authenticateWith(httpBearer, key() as never, new Request(url))).rejects.toMatchObject({
      code: 'TYPE_MISMATCH',
    })
  })
})

test('a chain hands the output of each link to the next', async () => {
  const toUrl = {
    name: 'toUrl',
    kind: 'bearer',
    authenticate: (request: Request, token: BearerToken) => `${request.url}#${token.generation}`,
  } as const
  const signed = chain(
    link(httpBearer, bearer),
    link(apiKeyHeader, key({ in: 'query', name: 'k' })),
    link(toUrl, bearer),
  )
  expect(await signed.authenticate(new Request(url))).toBe(`${url}&k=key+1#1`)
})
