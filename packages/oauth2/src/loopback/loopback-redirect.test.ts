import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type LoopbackRedirectOptions, startLoopbackRedirect } from './loopback-redirect.ts'

const query = '?code=hunter2&state=the-state'

/** A request with headers that `fetch` would not send. */
function send(url: string, given: { method?: string; headers?: Record<string, string> } = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number
    body: string
    headers: object
  }>()
  httpRequest(url, given, response => {
    const chunks: Buffer[] = []
    response.on('data', chunk => chunks.push(chunk))
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        body: Buffer.concat(chunks).toString(),
        headers: response.headers,
      }),
    )
  })
    .on('error', reject)
    .end()
  return promise
}

const start = (options: LoopbackRedirectOptions = {}) => startLoopbackRedirect(options)

describe('a loopback redirect', () => {
  it('listens on 127.0.0.1 at an address that nobody can guess', async () => {
    await using one = await start()
    await using other = await start()
    expect(one.uri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}$/)
    expect(new URL(one.uri).pathname).not.toBe(new URL(other.uri).pathname)
  })

  it('hands over the callback, and shows a page that keeps its secrets', async () => {
    await using redirect = await start({ program: 'the <lamp> tool' })
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
    const page = await send(redirect.uri + query, { headers })
    expect((await redirect.waitForCallback()).href).toBe(redirect.uri + query)
    expect(page.status).toBe(200)
    expect(page.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'text/html; charset=utf-8',
      'referrer-policy': 'no-referrer',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    })
    const { body } = page
    expect(body).toContain('Thank you')
    expect(body).toContain('the &#60;lamp&#62; tool')
    expect(body).not.toMatch(/hunter2|the-state|<lamp>/)
  })

  it('shows another page to a person who said no', async () => {
    await using redirect = await start()
    const page = await fetch(`${redirect.uri}?error=access_denied&error_description=hunter2&state=s`)
    expect(page.status).toBe(200)
    const body = await page.text()
    expect(body).toContain('Not connected')
    expect(body).not.toMatch(/hunter2|access_denied/)
    expect((await redirect.waitForCallback()).searchParams.get('error')).toBe('access_denied')
  })

  it('takes one callback only, whoever comes first', async () => {
    await using redirect = await start()
    const pages = await Promise.all(['a', 'b', 'c'].map(code => send(`${redirect.uri}?code=${code}&state=s`)))
    expect(pages.map(({ status }) => status).toSorted()).toEqual([200, 410, 410])
    const taken = ['a', 'b', 'c'][pages.findIndex(({ status }) => status === 200)]
    expect((await redirect.waitForCallback()).searchParams.get('code')).toBe(taken)
    expect((await redirect.waitForCallback()).searchParams.get('code')).toBe(taken)
  })

  it('takes nothing else for a callback', async () => {
    await using redirect = await start()
    const { origin, host } = new URL(redirect.uri)
    const refused: [string, Parameters<typeof send>[1], number][] = [
      [`${origin}/favicon.ico`, {}, 404],
      [`${origin}/${query}`, {}, 404],
      [`${redirect.uri}/more${query}`, {}, 404],
      [redirect.uri, {}, 400],
      [redirect.uri + query, { method: 'POST' }, 405],
      [redirect.uri + query, { method: 'HEAD' }, 405],
      [redirect.uri + query, { headers: { host: 'evil.example' } }, 421],
      [redirect.uri + query, { headers: { host: host.replace('127.0.0.1', 'localhost') } }, 421],
      [
        redirect.uri + query,
        { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' } },
        403,
      ],
    ]
    for (const [url, given, status] of refused) {
      const page = await send(url, given)
      expect([url, page.status]).toEqual([url, status])
      expect(page.headers).toMatchObject({ 'cache-control': 'no-store' })
      expect(page.body).not.toContain('hunter2')
    }
    expect((await send(redirect.uri + query)).status).toBe(200)
    await redirect.waitForCallback()
  })

  it('refuses a request for another host in absolute form', async () => {
    await using redirect = await start()
    const { host, port, pathname } = new URL(redirect.uri)
    const socket = connect(Number(port), '127.0.0.1')
    socket.end(`GET http://evil.example${pathname}${query} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    const answer = Buffer.concat(await socket.toArray()).toString()
    expect(answer).toMatch(/^HTTP\/1\.1 421 /)
  })

  it('waits no longer than it was told', async () => {
    await using redirect = await start({ timeoutMs: 20 })
    await expect(redirect.waitForCallback()).rejects.toMatchObject({ code: 'FLOW_EXPIRED' })
    await expect(send(redirect.uri + query)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('ends with its signal, with its block, and when it is closed', async () => {
    const reason = new Error('enough')
    const controller = new AbortController()
    await using aborted = await start({ signal: controller.signal })
    controller.abort(reason)
    await expect(aborted.waitForCallback()).rejects.toBe(reason)
    await expect(start({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)

    const closed = await start()
    // A browser may hold connections open on which it asks for nothing.
    const idle = connect(Number(new URL(closed.uri).port), '127.0.0.1')
    await new Promise(resolve => idle.once('connect', resolve))
    const gone = new Promise(resolve => idle.once('close', resolve))
    await closed.close()
    await gone
    await expect(closed.waitForCallback()).rejects.toMatchObject({ code: 'CLOSED' })
    await closed.close()
  })

  it('can have the address that was registered', async () => {
    await using redirect = await start({ path: '/oauth/callback' })
    const port = Number(new URL(redirect.uri).port)
    expect(redirect.uri).toBe(`http://127.0.0.1:${port}/oauth/callback`)
    await expect(start({ port })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`${port}`),
    })
    for (const path of ['callback', '/', '/a?b', '/a#b', '/a b', '//evil.example', '/a/']) {
      await expect(start({ path })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    }
  })
})
