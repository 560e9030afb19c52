import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'

import { describe, expect, it } from 'vitest'
import { loopbackServer } from '../test/loopback-server.ts'
import { type GuardedFetchOptions, guardedFetch } from './guarded-fetch.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const loopback = { allow: ['127.0.0.1'], dangerouslyAllowHttp: true } as const
const onLoopback = (options: GuardedFetchOptions = {}) => guardedFetch({ ...loopback, ...options })
const refused = expect.objectContaining({ name: 'CredentialError', code: 'CONFIG_INVALID' })
const failure = (kind: string, peerDown = false) =>
  expect.objectContaining({ name: 'ProviderFailure', kind, peerDown })

describe('a request to an allowed address', () => {
  it('carries method, headers and body, and returns a response of the platform', async () => {
    await using server = await loopbackServer(async (request, response) => {
      const sent = (await Array.fromAsync(request)).join('')
      response.writeHead(201, {
        'set-cookie': ['a=1', 'b=2'],
        'x-seen': `${request.method} ${request.headers['x-given']}`,
      })
      response.end(sent)
    })
    const response = await onLoopback()(`${server.origin}/path`, {
      method: 'POST',
      headers: { 'x-given': 'yes' },
      body: new URLSearchParams({ grant_type: 'x' }),
    })
    expect(response).toBeInstanceOf(Response)
    expect(response.status).toBe(201)
    expect(response.url).toBe(`${server.origin}/path`)
    expect(response.headers.get('x-seen')).toBe('POST yes')
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(await response.text()).toBe('grant_type=x')
  })

  it('takes a Request and a FormData of the platform', async () => {
    await using server = await loopbackServer(async (request, response) => {
      response.setHeader('x-type', request.headers['content-type'] ?? '')
      response.end((await Array.fromAsync(request)).join(''))
    })
    const fetch = onLoopback()
    const request = new Request(server.origin, {
      method: 'POST',
      body: 'text',
      headers: { 'content-type': 'text/x' },
    })
    const first = await fetch(request)
    expect([first.headers.get('x-type'), await first.text()]).toEqual(['text/x', 'text'])

    const form = new FormData()
    form.set('field', 'value')
    const second = await fetch(server.origin, { method: 'POST', body: form })
    expect(second.headers.get('x-type')).toMatch(/^multipart\/form-data; boundary=/)
    expect(await second.text()).toMatch(/name="field"\r\n\r\nvalue/)
  })

  it('returns a response without a body', async () => {
    await using server = await loopbackServer((_, response) => response.writeHead(204).end())
    const response = await onLoopback()(server.origin)
    expect([response.status, response.body]).toEqual([204, null])
  })
})

describe('a refused address', () => {
  it.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '0x7f.0.0.1',
    '127.0.0.1.',
    '%31%32%37.0.0.1',
    '127。0。0。1',
    '0',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '10.0.0.1',
    '100.100.100.200',
    '169.254.169.254',
    '168.63.129.16',
    '224.0.0.1',
    '255.255.255.255',
  ])('is refused when it is written %s, and nothing is sent', async host => {
    await using server = await loopbackServer((_, response) => response.end())
    const fetch = guardedFetch({ dangerouslyAllowHttp: true, timeoutMs: 2_000 })
    await expect(fetch(`http://${host}:${server.port}/`)).rejects.toEqual(refused)
    await expect(fetch(`https://${host}:${server.port}/`)).rejects.toEqual(refused)
    expect(server.requests).toEqual([])
  })

  it('is refused when a name resolves to it', async () => {
    await using server = await loopbackServer((_, response) => response.end())
    const fetch = onLoopback({ allow: [], lookup: async () => [{ address: '127.0.0.1', family: 4 }] })
    const error = await fetch(`http://rebind.example:${server.port}/`).catch(error => error)
    expect(error).toEqual(refused)
    expect(error.message).toMatch(/^Refused to connect to rebind\.example: it resolves to a loopback address/)
    expect(server.requests).toEqual([])
  })

  it('is left out when a name resolves to an allowed one too', async () => {
    await using server = await loopbackServer((_, response) => response.end('allowed'))
    await using forbidden = await loopbackServer((_, response) => response.end('forbidden'), {
      host: '127.0.0.2',
      port: server.port,
    })
    const fetch = onLoopback({
      lookup: async () => [
        { address: '127.0.0.2', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ],
    })
    const response = await fetch(`http://both.example:${server.port}/`)
    expect(await response.text()).toBe('allowed')
    expect(forbidden.requests).toEqual([])
  })

  it('is not reached by rebinding: the checked address is the one connected to', async () => {
    await using first = await loopbackServer((_, response) =>
      response.setHeader('connection', 'close').end('first'),
    )
    await using second = await loopbackServer((_, response) => response.end('second'), {
      host: '127.0.0.2',
      port: first.port,
    })
    let answers = 0
    const fetch = onLoopback({
      lookup: async () => [{ address: answers++ === 0 ? '127.0.0.1' : '127.0.0.2', family: 4 }],
    })
    const url = `http://rebind.example:${first.port}/`
    expect(await (await fetch(url)).text()).toBe('first')
    expect(answers).toBe(1)
    await expect(fetch(url)).rejects.toEqual(refused)
    expect(answers).toBe(2)
    expect(second.requests).toEqual([])
  })

  it('is allowed by the name that resolves to it', async () => {
    await using server = await loopbackServer((_, response) => response.end('inside'))
    const lookup = async () => [{ address: '127.0.0.1', family: 4 }]
    const fetch = onLoopback({ allow: ['keycloak.internal'], lookup })
    expect(await (await fetch(`http://Keycloak.internal:${server.port}/`)).text()).toBe('inside')
    await expect(fetch(`http://other.internal:${server.port}/`)).rejects.toEqual(refused)
  })
})

describe('a refused URL', () => {
  it.each([
    ['http://service.example/', {}],
    ['ftp://service.example/', { dangerouslyAllowHttp: true }],
    ['data:text/plain,x', {}],
    ['file:///etc/passwd', {}],
    ['/relative', {}],
  ])('%s', async (url, options) => {
    const lookup = async () => Promise.reject(new Error('looked up'))
    await expect(guardedFetch({ ...options, lookup })(url)).rejects.toEqual(refused)
  })

  it('names neither its user name and password, nor its query', async () => {
    const error = await guardedFetch()('https://user:hunter2@service.example/?key=hunter2').catch(
      error => error,
    )
    expect(error).toEqual(refused)
    expect(inspect(error)).not.toContain('hunter2')
  })

  it('is one whose headers cannot be sent; the header is not shown', async () => {
    const error = await onLoopback()('http://127.0.0.1:9/', {
      headers: { authorization: 'hunter2\u0100' },
    }).catch(error => error)
    expect(error).toEqual(refused)
    expect(inspect(error)).not.toContain('hunter2')
  })
})

describe('a redirect', () => {
  it('is refused, and its target not named beyond the origin', async () => {
    await using target = await loopbackServer((_, response) => response.end())
    await using server = await loopbackServer((_, response) =>
      response.writeHead(307, { location: `${target.origin}/secret-path?code=hunter2` }).end('hunter2'),
    )
    for (const redirect of ['follow', 'error'] as const) {
      const error = await onLoopback()(server.origin, { method: 'POST', redirect }).catch(error => error)
      expect(error).toEqual(refused)
      expect(error.message).toContain(target.origin)
      expect(inspect(error)).not.toMatch(/hunter2|secret-path/)
    }
    expect(target.requests).toEqual([])
  })

  it('is handed to a caller who asked to see it', async () => {
    await using server = await loopbackServer((_, response) =>
      response.writeHead(302, { location: '/next' }).end(),
    )
    const response = await onLoopback()(server.origin, { redirect: 'manual' })
    expect([response.status, response.headers.get('location')]).toEqual([302, '/next'])
    expect(server.requests).toEqual(['/'])
  })
})

describe('the body limit', () => {
  it('lets a body of just its length through', async () => {
    await using server = await loopbackServer((_, response) => response.end('x'.repeat(1_000)))
    const response = await onLoopback({ maxBodyBytes: 1_000 })(server.origin)
    expect((await response.text()).length).toBe(1_000)
  })

  it('stops a body that is one byte longer', async () => {
    await using server = await loopbackServer((_, response) => response.end('x'.repeat(1_001)))
    const response = await onLoopback({ maxBodyBytes: 1_000 })(server.origin)
    await expect(response.text()).rejects.toEqual(failure('unknown'))
  })

  it('stops an endless body and hangs up', async () => {
    const hungUp = Promise.withResolvers<void>()
    await using server = await loopbackServer((_, response) => {
      response.on('close', () => hungUp.resolve())
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      }
      response.on('drain', more)
      more()
    })
    const response = await onLoopback()(server.origin)
    await expect(response.text()).rejects.toEqual(failure('unknown'))
    await hungUp.promise
  })

  it('counts decompressed bytes, and a bomb is never held in memory', async () => {
    const bomb = gzipSync(Buffer.alloc(256 * 1_048_576))
    expect(bomb.length).toBeLessThan(1_048_576)
    await using server = await loopbackServer((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      response.end(bomb)
    })
    const before = process.memoryUsage().rss
    const response = await onLoopback()(server.origin)
    await expect(response.text()).rejects.toEqual(failure('unknown'))
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1_048_576)
  })
})

describe('the time limit', () => {
  it('ends a request that is not answered: unknown, for it was sent', async () => {
    await using server = await loopbackServer(() => {})
    await expect(onLoopback({ timeoutMs: 1_000 })(server.origin)).rejects.toEqual(failure('unknown'))
    expect(server.requests).toEqual(['/'])
  })

  it('ends a body that trickles in', async () => {
    await using server = await loopbackServer((_, response) => {
      const timer = setInterval(() => response.write('.'), 10)
      response.on('close', () => clearInterval(timer))
    })
    const response = await onLoopback({ timeoutMs: 1_000 })(server.origin)
    // Without a limit it would trickle in for ever.
    await expect(response.text()).rejects.toEqual(failure('unknown'))
  })

  it('ends a connection that does not come about well before the request', async () => {
    const fetch = guardedFetch({ connectTimeoutMs: 100, lookup: () => new Promise(() => {}) })
    const error = await fetch('https://service.example/').catch(error => error)
    expect(error).toEqual(failure('transient', true))
    expect(error.cause).toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT' })
  })

  it('ends a look-up that never answers: nothing was sent', async () => {
    const fetch = guardedFetch({ timeoutMs: 100, lookup: () => new Promise(() => {}) })
    await expect(fetch('https://service.example/')).rejects.toEqual(failure('transient', true))
  })
})

describe("the caller's signal", () => {
  it('ends the wait for an answer with its own reason', async () => {
    await using server = await loopbackServer(() => {})
    const reason = new Error('no longer wanted')
    const caller = new AbortController()
    const pending = onLoopback()(server.origin, { signal: caller.signal })
    await delay(50)
    caller.abort(reason)
    await expect(pending).rejects.toBe(reason)
  })

  it('ends a Request also after the garbage was collected', async () => {
    await using server = await loopbackServer(() => {})
    const reason = new Error('no longer wanted')
    const caller = new AbortController()
    const { signal } = caller
    const pending = onLoopback()(new Request(server.origin, { signal }))
    await expect.poll(() => server.requests).toHaveLength(1)
    collectGarbage()
    await delay(10)
    collectGarbage()
    caller.abort(reason)
    await expect(pending).rejects.toBe(reason)
  })

  it('ends the reading of a body, and a request that has not begun', async () => {
    await using server = await loopbackServer((_, response) => response.write('.'))
    const caller = new AbortController()
    const response = await onLoopback()(server.origin, { signal: caller.signal })
    const text = response.text()
    caller.abort(new Error('no longer wanted'))
    await expect(text).rejects.toThrow('no longer wanted')
    await expect(onLoopback()(server.origin, { signal: caller.signal })).rejects.toThrow('no longer wanted')
    expect(server.requests).toEqual(['/'])
  })
})

describe('a broken connection', () => {
  it('that is refused is transient: nothing was sent', async () => {
    const { port } = await loopbackServer(() => {}).then(async server => {
      await server[Symbol.asyncDispose]()
      return server
    })
    const error = await onLoopback()(`http://127.0.0.1:${port}/`).catch(error => error)
    expect(error).toEqual(failure('transient', true))
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('whose name has no address is transient', async () => {
    const fetch = guardedFetch({ lookup: async () => [] })
    await expect(fetch('https://service.example/')).rejects.toEqual(failure('transient', true))
  })

  it('that fails in the TLS handshake is transient: nothing was sent', async () => {
    await using server = await loopbackServer((_, response) => response.end())
    await expect(onLoopback()(`https://127.0.0.1:${server.port}/`)).rejects.toEqual(
      failure('transient', true),
    )
    expect(server.requests).toEqual([])
  })

  it('that is reset after the request was sent is unknown', async () => {
    await using server = await loopbackServer(request => request.socket.resetAndDestroy())
    await expect(onLoopback()(server.origin)).rejects.toEqual(failure('unknown'))
    expect(server.requests).toEqual(['/'])
  })

  it('that ends in the middle of a body is unknown', async () => {
    await using server = await loopbackServer((request, response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('half')
      setTimeout(() => request.socket.destroy(), 20)
    })
    const response = await onLoopback()(server.origin)
    await expect(response.text()).rejects.toEqual(failure('unknown'))
  })

  it('that answers something else than HTTP is unknown, and what it answered is not shown', async () => {
    const server = createServer(socket => socket.end('hunter2 is no HTTP\r\n\r\n'))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = server.address() as { port: number }
    const error = await onLoopback()(`http://127.0.0.1:${address.port}/`).catch(error => error)
    server.close()
    expect(error).toEqual(failure('unknown'))
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2')
  })
})

describe('the options', () => {
  it.each([
    { timeoutMs: 0 },
    { timeoutMs: 2 ** 31 },
    { maxBodyBytes: 1.5 },
    { maxBodyBytes: Number.NaN },
    { allow: [''] },
  ])('are refused when malformed: %j', options => {
    expect(() => guardedFetch(options)).toThrow(refused)
  })
})

it('keeps connections, so that the next request need not connect', async () => {
  const ports = new Set<number | undefined>()
  await using server = await loopbackServer((request, response) => {
    ports.add(request.socket.remotePort)
    response.end()
  })
  const fetch = onLoopback()
  for (let turn = 0; turn < 10; turn++) await (await fetch(server.origin)).text()
  expect(ports.size).toBeLessThan(4)
})
