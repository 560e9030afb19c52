import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { environment, loopbackFetch } from '../../test/environment.ts'
import { json, type ScriptedServer, scriptedServer } from '../../test/scripted-server.ts'
import { serverMetadata } from './server-metadata.ts'

const hourMs = 3_600_000
const start = 1_800_000_000_000

function answerMetadata(response: ServerResponse, _body: string, origin: string, path: string) {
  const issuer = path.startsWith('/.well-known/oauth-authorization-server')
    ? origin + path.slice('/.well-known/oauth-authorization-server'.length)
    : origin + path.replace('/.well-known/openid-configuration', '')
  json(response, 200, { issuer, token_endpoint: `${issuer}/token` })
}

const metadataServer = (answer = answerMetadata): Promise<ScriptedServer> => scriptedServer(answer)

describe('the metadata of an issuer', () => {
  it('are fetched once an hour, by whichever discovery', async () => {
    await using server = await metadataServer()
    const issuer = server.origin
    const at = (startedAt: number) => serverMetadata({ issuer }, environment({ startedAt }))
    const many = await Promise.all(Array.from({ length: 100 }, () => at(start)))
    for (const metadata of many) expect(metadata.token_endpoint).toBe(`${issuer}/token`)
    await at(start + hourMs - 1)
    expect(server.requests).toHaveLength(1)
    await at(start + hourMs)
    expect(server.requests).toHaveLength(2)
    await serverMetadata(
      { issuer: `${issuer}/tenant`, discovery: 'oauth2' },
      environment({ startedAt: start }),
    )
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/.well-known/openid-configuration',
      '/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/tenant',
    ])
  })

  it('are kept for a bounded number of issuers', async () => {
    await using server = await metadataServer()
    const of = (number: number) =>
      serverMetadata({ issuer: `${server.origin}/${number}` }, environment({ startedAt: start, fetch }))
    const fetch = loopbackFetch()
    for (let number = 0; number <= 500; number++) await of(number)
    expect(server.requests).toHaveLength(501)
    await of(500)
    expect(server.requests).toHaveLength(501)
    await of(0)
    expect(server.requests).toHaveLength(502)
  })

  it('are not shared between managers that may reach different servers', async () => {
    await using server = await metadataServer()
    const server_ = { issuer: server.origin }
    await serverMetadata(server_, environment())
    await expect(serverMetadata(server_, environment({ fetch: undefined }))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
    expect(server.requests).toHaveLength(1)
  })

  it('are asked for again after a failure', async () => {
    let down = true
    await using server = await metadataServer((response, ...others) =>
      down ? response.writeHead(503, { 'retry-after': '5' }).end() : answerMetadata(response, ...others),
    )
    const ask = () => serverMetadata({ issuer: server.origin }, environment({ startedAt: start }))
    await expect(ask()).rejects.toMatchObject({ kind: 'transient', peerDown: true, retryAt: start + 5_000 })
    down = false
    expect((await ask()).token_endpoint).toBe(`${server.origin}/token`)
  })

  it('arrive for the others when one caller gives up', async () => {
    await using server = await metadataServer(async (...given) => {
      await delay(100)
      answerMetadata(...given)
    })
    const caller = new AbortController()
    const one = serverMetadata({ issuer: server.origin }, environment({ signal: caller.signal }))
    const other = serverMetadata({ issuer: server.origin }, environment())
    caller.abort(new Error('no longer wanted'))
    await expect(one).rejects.toThrow('no longer wanted')
    expect((await other).issuer).toBe(server.origin)
    expect(server.requests).toHaveLength(1)
  })

  it.each([
    ['a foreign issuer', (r: ServerResponse) => json(r, 200, { issuer: 'https://evil.example' })],
    ['an HTML page', (r: ServerResponse) => r.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
    ['HTTP 404', (r: ServerResponse) => r.writeHead(404).end()],
    ['a redirect', (r: ServerResponse) => r.writeHead(302, { location: 'https://evil.example' }).end()],
    ['broken JSON', (r: ServerResponse) => r.writeHead(200, { 'content-type': 'application/json' }).end('{')],
  ])('are refused when there is %s instead', async (_, answer) => {
    await using server = await metadataServer(answer)
    await expect(serverMetadata({ issuer: server.origin }, environment())).rejects.toMatchObject({
      name: 'CredentialError',
      code: 'CONFIG_INVALID',
    })
  })

  it.each([
    ['reset', (r: ServerResponse) => r.socket?.resetAndDestroy()],
    [
      'cut short',
      (r: ServerResponse) =>
        r
          .writeHead(200, { 'content-type': 'application/json', 'content-length': 9 })
          .write('{', () => r.destroy()),
    ],
  ])('leave no outcome unknown when their request is %s', async (_, answer) => {
    await using server = await metadataServer(answer)
    await expect(serverMetadata({ issuer: server.origin }, environment())).rejects.toMatchObject({
      name: 'ProviderFailure',
      kind: 'transient',
      peerDown: true,
    })
  })
})
