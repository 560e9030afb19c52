import type { IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { loopbackServer } from '../test/loopback-server.ts'
import { guardedFetch } from './guarded-fetch.ts'

const fetch = guardedFetch({ allow: ['127.0.0.1'], dangerouslyAllowHttp: true })
const megabyte = 1_048_576

/** What arrives at a server when this is sent by a Request. */
async function arriving(body: NonNullable<RequestInit['body']>, headers: Record<string, string> = {}) {
  return received(origin => new Request(origin, { method: 'PUT', body, headers, duplex: 'half' }))
}

async function received(request: (origin: string) => Request | [string, RequestInit]) {
  let asked: IncomingMessage | undefined
  let bytes = Buffer.alloc(0)
  await using server = await loopbackServer(async (request, response) => {
    asked = request
    bytes = Buffer.concat(await Array.fromAsync(request))
    response.end()
  })
  const sent = request(server.origin)
  await (sent instanceof Request ? fetch(sent) : fetch(...sent))
  return {
    length: asked?.headers['content-length'],
    encoding: asked?.headers['transfer-encoding'],
    type: asked?.headers['content-type'],
    bytes,
  }
}

function slowly(...parts: string[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(
    (async function* () {
      for (const part of parts) {
        yield new TextEncoder().encode(part)
        await delay(20)
      }
    })(),
  )
}

describe('the body of a Request', () => {
  it.each([
    ['a text', 'Grüße', 7],
    ['bytes', new Uint8Array(3 * megabyte), 3 * megabyte],
    ['a form', new URLSearchParams({ a: 'b c' }), 5],
    ['a blob', new Blob(['x'.repeat(megabyte)]), megabyte],
  ])('goes out with its length when it is %s', async (_, body, length) => {
    const arrived = await arriving(body)
    expect(arrived).toMatchObject({ length: String(length), encoding: undefined })
    expect(arrived.bytes.equals(Buffer.from(await new Response(body).arrayBuffer()))).toBe(true)
  })

  it('goes out with its length when it is a form with a file, in a Request or not', async () => {
    const form = new FormData()
    form.set('field', 'value')
    form.set('file', new Blob(['x'.repeat(100_000)]), 'a.txt')
    for (const arrived of [
      await arriving(form),
      await received(origin => [origin, { method: 'POST', body: form }]),
    ]) {
      expect(arrived).toMatchObject({ length: String(arrived.bytes.length), encoding: undefined })
      expect(arrived.type).toMatch(/^multipart\/form-data; boundary=/)
      expect(arrived.bytes.length).toBeGreaterThan(100_000)
    }
  })

  it('goes out with the length that the caller named, unread', async () => {
    const arrived = await arriving(slowly('ab', 'cd'), { 'content-length': '4' })
    expect(arrived).toMatchObject({ length: '4', encoding: undefined, bytes: Buffer.from('abcd') })
  })

  it('goes out in chunks, whole and in order, when it is a stream', async () => {
    const parts = ['first ', 'second ', 'third']
    const arrived = await arriving(slowly(...parts))
    expect(arrived).toMatchObject({ length: undefined, encoding: 'chunked' })
    expect(arrived.bytes.toString()).toBe(parts.join(''))
  })

  it('has begun to arrive before a stream has ended', async () => {
    const begun = Promise.withResolvers<void>()
    await using server = await loopbackServer(async (request, response) => {
      request.once('data', () => begun.resolve())
      await Array.fromAsync(request)
      response.end()
    })
    const body = ReadableStream.from(
      (async function* () {
        yield Buffer.from('a')
        await begun.promise
        yield Buffer.from('b')
      })(),
    )
    const response = await fetch(new Request(server.origin, { method: 'POST', body, duplex: 'half' }))
    expect(response.status).toBe(200)
  })

  it('is never read far ahead of the server, nor longer than its request is wanted', async () => {
    let made = 0
    let ended = false
    const endless = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          await new Promise(resolve => setImmediate(resolve))
          made += 65_536
          controller.enqueue(new Uint8Array(65_536))
        },
        cancel() {
          ended = true
        },
      },
      { highWaterMark: 0 },
    )
    const arrived = Promise.withResolvers<IncomingMessage>()
    await using server = await loopbackServer(request => arrived.resolve(request.pause()))
    const caller = new AbortController()
    const { signal } = caller
    const request = new Request(server.origin, { method: 'POST', body: endless, duplex: 'half', signal })
    const sent = fetch(request).catch(error => error)
    const stalled = await arrived.promise
    // A paused connection does not end with its server.
    using _end = { [Symbol.dispose]: () => stalled.socket.destroy() }
    await delay(500)
    expect(made).toBeLessThan(24 * megabyte)
    caller.abort(new Error('no longer wanted'))
    expect(await sent).toMatchObject({ message: 'no longer wanted' })
    await expect.poll(() => ended).toBe(true)
  })

  it('is given up when its request is, before anything of it is sent', async () => {
    let ended = false
    const caller = new AbortController()
    const endless = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          controller.enqueue(new Uint8Array(megabyte))
        },
        cancel() {
          ended = true
        },
      },
      { highWaterMark: 0 },
    )
    const lookup = async () => {
      caller.abort(new Error('no longer wanted'))
      return [{ address: '127.0.0.1', family: 4 }]
    }
    const fetch = guardedFetch({ allow: ['files.example'], dangerouslyAllowHttp: true, lookup })
    const { signal } = caller
    const request = new Request('http://files.example', {
      method: 'POST',
      body: endless,
      duplex: 'half',
      signal,
    })
    await expect(fetch(request)).rejects.toThrow('no longer wanted')
    await expect.poll(() => ended).toBe(true)
  })

  it('that is a stream of texts arrives', async () => {
    const arrived = await arriving(
      ReadableStream.from(['two ', 'texts']) as unknown as ReadableStream<Uint8Array>,
    )
    expect(arrived.bytes.toString()).toBe('two texts')
  })

  it.each([0, 30])('that fails after %s ms fails the request', async pause => {
    await using server = await loopbackServer(() => {})
    const body = ReadableStream.from(
      (async function* () {
        yield Buffer.from('a')
        if (pause > 0) await delay(pause)
        throw new Error('the file is gone')
      })(),
    )
    const error = await fetch(new Request(server.origin, { method: 'POST', body, duplex: 'half' })).catch(
      e => e,
    )
    expect(error).toBeInstanceOf(Error)
    expect(['CredentialError', 'ProviderFailure']).toContain(error.name)
  })
})
