import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type ServiceAnswer, type ServiceRequest, startLoopbackService } from '@nebula-credential/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { World } from '../../test/managers.ts'
import {
  apiKeyHeader,
  apiKeyToken,
  authenticatedFetch,
  type BearerToken,
  basicAuth,
  basicToken,
  bearerToken,
  CredentialError,
  chain,
  httpBearer,
  lend,
  link,
  type SnapshotAuthenticator,
  type TokenSource,
} from '../index.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** Tokens tok-1, tok-2 …; a new one each time that the newest one was refused. */
class Source implements TokenSource<BearerToken> {
  generation = 1
  reported = 0
  failure: CredentialError | undefined

  async getToken(): Promise<BearerToken> {
    return bearerToken.mint({ value: lend(`tok-${this.generation}`) }, this.generation)
  }

  async reportRejected(token: BearerToken): Promise<BearerToken> {
    this.reported++
    if (this.failure !== undefined) throw this.failure
    if (token.generation === this.generation) this.generation++
    return this.getToken()
  }
}

async function serve(answer: (request: ServiceRequest) => ServiceAnswer | Promise<ServiceAnswer>) {
  const service = await startLoopbackService(answer)
  onTestFinished(() => service[Symbol.asyncDispose]())
  return service
}

/** A service that accepts one bearer token, and tells what it received. */
const accepting = (token: string) =>
  serve(request =>
    request.headers.authorization === `Bearer ${token}`
      ? { json: { method: request.method, body: request.body.toString(), path: request.path } }
      : { status: 401, json: {} },
  )

describe('authenticatedFetch', () => {
  test('sends the token that is valid then', async () => {
    const service = await accepting('tok-1')
    const source = new Source()
    const fetch = authenticatedFetch(source, httpBearer)
    const response = await fetch(`${service.origin}/a?b=c`, { headers: { 'x-own': '1' } })
    expect(response.status).toBe(200)
    expect(service.requests[0]?.headers).toMatchObject({ authorization: 'Bearer tok-1', 'x-own': '1' })
    source.generation = 2
    await (await fetch(service.origin)).text()
    expect(service.requests[1]?.headers.authorization).toBe('Bearer tok-2')
  })

  test.for([
    ['a text', 'body', 'body'],
    ['bytes', new TextEncoder().encode('body'), 'body'],
    ['URL parameters', new URLSearchParams({ a: '1' }), 'a=1'],
    ['a blob', new Blob(['body']), 'body'],
    ['nothing', undefined, ''],
  ] as const)('sends %s once more with a new token after a 401', async ([, body, received]) => {
    const service = await accepting('tok-2')
    const source = new Source()
    const init = { method: 'POST', ...(body && { body }) }
    const response = await authenticatedFetch(source, httpBearer)(`${service.origin}/x`, init)
    expect(await response.json()).toEqual({ method: 'POST', body: received, path: '/x' })
    expect(service.requests.map(({ body }) => body.toString())).toEqual([received, received])
    expect(source.reported).toBe(1)
  })

  test('sends a form and a Request once more too', async () => {
    const service = await accepting('tok-2')
    const form = new FormData()
    form.set('file', new Blob(['content']), 'name.txt')
    const put = { method: 'PUT', body: form }
    const first = await authenticatedFetch(new Source(), httpBearer)(service.origin, put)
    expect(await first.json()).toMatchObject({ body: expect.stringContaining('content') })
    const request = new Request(`${service.origin}/y`, { method: 'POST', body: 'from a request' })
    const second = await authenticatedFetch(new Source(), httpBearer)(request)
    expect(await second.json()).toEqual({ method: 'POST', body: 'from a request', path: '/y' })
  })

  test('gives the second 401 to its caller, with its body', async () => {
    const service = await accepting('another')
    const source = new Source()
    const response = await authenticatedFetch(source, httpBearer)(service.origin)
    expect([response.status, await response.json()]).toEqual([401, {}])
    expect([service.requests.length, source.reported]).toEqual([2, 1])
  })

  test('says that a person must connect again when the token cannot be replaced', async () => {
    const service = await accepting('another')
    const source = new Source()
    source.failure = new CredentialError('REAUTHORIZATION_REQUIRED', 'Connect again')
    await expect(authenticatedFetch(source, httpBearer)(service.origin)).rejects.toBe(source.failure)
    expect(service.requests).toHaveLength(1)
  })

  test('does not ask twice with a token that nothing replaces', async () => {
    const service = await accepting('another')
    const token = bearerToken.mint({ value: lend('fixed') }, 1)
    const response = await authenticatedFetch(link(httpBearer, token))(service.origin)
    expect([response.status, service.requests.length]).toEqual([401, 1])
  })

  test('sends a stream once, and has the token replaced for the next request', async () => {
    const service = await accepting('tok-2')
    const source = new Source()
    const fetch = authenticatedFetch(source, httpBearer)
    const body = new Blob(['streamed']).stream()
    const refused = await fetch(service.origin, { method: 'POST', body })
    expect([refused.status, service.requests.length]).toEqual([401, 1])
    expect(service.requests[0]?.body.toString()).toBe('streamed')
    const again = await fetch(service.origin, { method: 'POST', body: new Blob(['again']).stream() })
    expect(await again.json()).toMatchObject({ body: 'again' })
  })

  test('refreshes once for many requests, and goes on after the token has expired', async () => {
    const world = new World()
    const manager = await world.manager()
    const acme = manager.as({ tenantId: 'acme' })
    const id = await acme.createCredential(world.account, world.input())
    await world.clock.advance(10_000)
    const service = await accepting('sentinel-access-1')
    const fetch = authenticatedFetch(acme.tokenSource(id), httpBearer)
    const all = await Promise.all(Array.from({ length: 20 }, () => fetch(service.origin)))
    expect(all.map(({ status }) => status)).toEqual(all.map(() => 200))
    expect(world.server.grants).toBe(1)
  })

  test('stops waiting for a token when its caller gives up', async () => {
    const source = new Source()
    source.getToken = () => new Promise(() => {})
    const signal = AbortSignal.timeout(20)
    await expect(
      authenticatedFetch(source, httpBearer)('http://127.0.0.1:9/', { signal }),
    ).rejects.toMatchObject({ name: 'TimeoutError' })
    const aborted = AbortSignal.abort(new Error('enough'))
    const fetch = authenticatedFetch(new Source(), httpBearer)
    await expect(fetch('http://127.0.0.1:9/', { signal: aborted })).rejects.toThrow('enough')
  })

  test('stops waiting for a replaced token when its caller gives up', async () => {
    const service = await accepting('another')
    const source = new Source()
    source.reportRejected = () => new Promise(() => {})
    const init = { signal: AbortSignal.timeout(200) }
    await expect(authenticatedFetch(source, httpBearer)(service.origin, init)).rejects.toMatchObject({
      name: 'TimeoutError',
    })
  })

  test('sends by the fetch that it is given', async () => {
    const service = await accepting('tok-1')
    let sent = 0
    const counting: typeof globalThis.fetch = (...call) => {
      sent++
      return fetch(...call)
    }
    await authenticatedFetch(new Source(), httpBearer, { fetch: counting })(service.origin)
    expect(sent).toBe(1)
  })

  test('ends with its signal also after the garbage was collected', async () => {
    const arrived = Promise.withResolvers<void>()
    const service = await serve(() => {
      arrived.resolve()
      return new Promise(() => {})
    })
    const caller = new AbortController()
    const reason = new Error('enough')
    const sent = authenticatedFetch(new Source(), httpBearer)(service.origin, { signal: caller.signal })
    await arrived.promise
    collectGarbage()
    await new Promise(resolve => setTimeout(resolve, 10))
    collectGarbage()
    caller.abort(reason)
    await expect(sent).rejects.toBe(reason)
  })
})

describe('authenticatedFetch, redirected', () => {
  const key = apiKeyToken.mint({ value: lend('sentinel-key') }, 1)
  const credentials = () =>
    chain(link(httpBearer, new Source()), link(apiKeyHeader, key), link(cookie, new Source()))
  const cookie: SnapshotAuthenticator<Request, Request, BearerToken> = {
    name: 'cookie',
    kind: 'bearer',
    authenticate: request => new Request(request, { headers: { ...headersOf(request), 'x-signed': 'yes' } }),
  }
  const headersOf = (request: Request) => Object.fromEntries(request.headers)

  test('within its origin takes the credentials along', async () => {
    const service = await serve(({ path }) =>
      path === '/old' ? { status: 302, headers: { location: '/new' } } : { json: path },
    )
    const response = await authenticatedFetch(credentials())(`${service.origin}/old`)
    expect(await response.json()).toBe('/new')
    expect(service.requests[1]?.headers).toMatchObject({
      authorization: 'Bearer tok-1',
      'x-api-key': 'sentinel-key',
      'x-signed': 'yes',
    })
  })

  test('to another origin, and back, takes none along', async () => {
    const home = await serve(({ path }) =>
      path === '/start' ? { status: 307, headers: { location: `${away.origin}/stop` } } : { json: path },
    )
    const away = await serve(() => ({ status: 307, headers: { location: `${home.origin}/end` } }))
    const headers = { cookie: 'session=1', authorization: 'mine', 'x-own': '1' }
    const init = { method: 'POST', body: 'text', headers }
    const response = await authenticatedFetch(credentials())(`${home.origin}/start`, init)
    expect(await response.json()).toBe('/end')
    for (const request of [away.requests[0], home.requests[1]]) {
      expect(request?.headers).toMatchObject({ 'x-own': '1' })
      for (const name of ['authorization', 'x-api-key', 'x-signed', 'cookie']) {
        expect(request?.headers).not.toHaveProperty(name)
      }
      expect([request?.method, request?.body.toString()]).toEqual(['POST', 'text'])
    }
  })

  test('does not report a token that another origin has not seen', async () => {
    const away = await serve(() => ({ status: 401 }))
    const home = await serve(() => ({ status: 302, headers: { location: away.origin } }))
    const source = new Source()
    const response = await authenticatedFetch(source, httpBearer)(home.origin)
    expect([response.status, source.reported, away.requests.length]).toEqual([401, 0, 1])
  })

  test.for([
    [303, 'PUT', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [301, 'PUT', 'PUT', 'text'],
    [308, 'POST', 'POST', 'text'],
  ] as const)('by a %i turns a %s into a %s', async ([status, method, then, body]) => {
    const service = await serve(({ path }) =>
      path === '/' ? { status, headers: { location: '/next' } } : { json: {} },
    )
    await authenticatedFetch(new Source(), httpBearer)(service.origin, { method, body: 'text' })
    const request = service.requests[1]
    expect([request?.method, request?.body.toString()]).toEqual([then, body])
    expect(request?.headers['content-type']).toBe(body === '' ? undefined : 'text/plain;charset=UTF-8')
  })

  test('cannot send a stream again', async () => {
    const service = await serve(() => ({ status: 307, headers: { location: '/next' } }))
    const body = new Blob(['x']).stream()
    const sent = authenticatedFetch(new Source(), httpBearer)(service.origin, { method: 'POST', body })
    await expect(sent).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
  })

  test('leaves a redirect to callers who want to see it, and refuses it to those who forbid it', async () => {
    const service = await serve(() => ({ status: 302, headers: { location: '/next' } }))
    const fetch = authenticatedFetch(new Source(), httpBearer)
    expect((await fetch(service.origin, { redirect: 'manual' })).status).toBe(302)
    await expect(fetch(service.origin, { redirect: 'error' })).rejects.toMatchObject({
      code: 'PROVIDER_REJECTED',
    })
    expect(service.requests).toHaveLength(2)
  })

  test.for(['/again', 'file:///etc/passwd', 'http://', 'http://a:b@127.0.0.1/'])(
    'ends when it is led to %s for ever, or at once',
    async location => {
      const service = await serve(() => ({ status: 302, headers: { location } }))
      const sent = authenticatedFetch(new Source(), httpBearer)(service.origin)
      await expect(sent).rejects.toMatchObject({ code: 'PROVIDER_REJECTED' })
      expect(service.requests.length).toBeLessThanOrEqual(21)
    },
  )
})

describe('a chain on one fetch', () => {
  const bearer = () => link(httpBearer, new Source())

  test('puts each link’s own credential into the request', async () => {
    const service = await serve(() => ({ json: {} }))
    const signed: SnapshotAuthenticator<Request, Request, ReturnType<typeof basicToken.mint>> = {
      name: 'signed',
      kind: 'basic',
      authenticate(request, token) {
        const seen = `${request.headers.get('authorization')} ${request.headers.get('x-api-key')}`
        const headers = new Headers(request.headers)
        headers.set('x-signature', `${token.username}: ${seen}`)
        return new Request(request, { headers })
      },
    }
    const key = apiKeyToken.mint({ value: lend('key') }, 1)
    const signer = basicToken.mint({ username: 'signer', password: lend('p') }, 1)
    const fetch = authenticatedFetch(chain(bearer(), link(apiKeyHeader, key), link(signed, signer)))
    await fetch(service.origin, { method: 'POST', body: 'x' })
    expect(service.requests[0]?.headers['x-signature']).toBe('signer: Bearer tok-1 key')
  })

  test('has whatever can be replaced replaced after a 401', async () => {
    const service = await accepting('tok-2')
    const dead = new Source()
    dead.failure = new CredentialError('REAUTHORIZATION_REQUIRED', 'Connect again')
    const source = new Source()
    const keyLink: SnapshotAuthenticator<Request, Request, BearerToken> = {
      name: 'key',
      kind: 'bearer',
      authenticate: (request, token) =>
        new Request(request, {
          headers: { ...Object.fromEntries(request.headers), 'x-key': token.value.expose() },
        }),
    }
    const both = chain(link(httpBearer, source), link(keyLink, dead))
    expect((await authenticatedFetch(both)(service.origin)).status).toBe(200)
    expect([source.reported, dead.reported]).toEqual([1, 1])
    const alone = authenticatedFetch(chain(link(httpBearer, dead), link(keyLink, dead)))
    await expect(alone(service.origin)).rejects.toBe(dead.failure)
  })

  test('does not compile, and does not run, with a token of another kind', async () => {
    const basic = basicToken.mint({ username: 'a', password: lend('b') }, 1)
    // @ts-expect-error a basic token is no bearer token
    const wrong = authenticatedFetch(link(httpBearer, basic))
    await expect(wrong('http://127.0.0.1:9/')).rejects.toMatchObject({ code: 'TYPE_MISMATCH' })
    const right = authenticatedFetch(link(basicAuth, basic))
    expect(right).toBeTypeOf('function')
  })
})
