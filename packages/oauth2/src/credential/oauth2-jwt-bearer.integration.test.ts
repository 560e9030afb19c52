import { createPublicKey } from 'node:crypto'
import { systemClock } from '@nebula-credential/core'
import { leakScan } from '@nebula-credential/testing'
import { type JWTPayload, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { ConnectionStage, rejection } from '../../test/connection-stage.ts'
import { json, scriptedServer } from '../../test/scripted-server.ts'
import { oauth2JwtBearer } from './oauth2-jwt-bearer.ts'

type Given = z.input<typeof oauth2JwtBearer.input>

async function open(options: Parameters<typeof ConnectionStage.open>[0] = {}) {
  const stage = await ConnectionStage.open(options)
  const manager = await stage.manager(oauth2JwtBearer)
  const { id, privateKey } = stage.server.clients.keyJwt
  const input = (overrides: Partial<Given> = {}): Given => ({
    server: { issuer: stage.server.issuer },
    client: { authentication: 'private_key_jwt', id, privateKey },
    assertion: { privateKey, issuer: id, subject: 'ada', claims: { department: 'reports' } },
    scope: 'reports.read',
    ...overrides,
  })
  return { stage, manager, input, privateKey }
}

describe('a service account that signs for itself', () => {
  it('has tokens of the subject, each for a new assertion', async () => {
    const { stage, manager, input } = await open()
    const id = await manager.createCredential(oauth2JwtBearer, input())
    const first = await manager.getToken(id)
    expect(await stage.accepts(first)).toBe(true)
    // The server takes no assertion twice.
    await manager.refreshCredential(id)
    await manager.refreshCredential(id)
    expect(stage.outcomes).toEqual(Array(3).fill('jwt-bearer success'))
    expect(await manager.verifyCredential(id)).toMatchObject({ valid: true, account: { id: 'ada' } })
    const last = await manager.getToken(id)
    expect(await manager.revokeCredential(id)).toEqual({ provider: 'revoked' })
    expect(await stage.accepts(last)).toBe(false)
  })

  it('is asked for once more when an answer is lost: there is nothing to lose', async () => {
    const { stage, manager, input } = await open({ accessTokenTtlS: 60 })
    const id = await manager.createCredential(oauth2JwtBearer, input())
    stage.server.failNext({ when: 'after' })
    await manager.refreshCredential(id)
    expect((await manager.describe(id)).lifecycle).toBe('Active')
    expect(stage.outcomes).toEqual(Array(3).fill('jwt-bearer success'))
  })

  it('is fetched once for any number of callers when it has expired', async () => {
    // Behind the server at first: it takes no assertion that was made in the future.
    let behindMs = 30_001
    const clock = { ...systemClock, now: () => Date.now() - behindMs }
    const { stage, manager, input } = await open({ accessTokenTtlS: 30, clock })
    const id = await manager.createCredential(oauth2JwtBearer, input())
    behindMs = 0
    const tokens = await Promise.all(Array.from({ length: 100 }, () => manager.getToken(id)))
    expect(new Set(tokens.map(({ value }) => value.expose())).size).toBe(1)
    expect(stage.outcomes).toHaveLength(2)
  })

  it('whose assertions the server does not believe is refused, without showing the key', async () => {
    const { manager, input, privateKey } = await open()
    const assertion = { privateKey, issuer: 'another', subject: 'ada' }
    const error = await rejection(manager.createCredential(oauth2JwtBearer, input({ assertion })))
    expect(error.message).toContain('invalid_grant')
    expect(leakScan(error, [privateKey, privateKey.split('\n')[1] ?? ''])).toEqual([])
  })
})

describe('an assertion', () => {
  it('says what RFC 7523 asks for, and comes without a client where there is none', async () => {
    const assertions: URLSearchParams[] = []
    await using server = await scriptedServer((response, body) => {
      assertions.push(new URLSearchParams(body))
      json(response, 200, { access_token: 'made', token_type: 'bearer', expires_in: 60 })
    })
    const { manager, privateKey } = await open()
    await manager.createCredential(oauth2JwtBearer, {
      server: { tokenEndpoint: `${server.origin}/token` },
      assertion: {
        privateKey,
        keyId: 'k1',
        issuer: 'reports@example.com',
        subject: 'ada',
        lifetimeMs: 60_000,
      },
      scope: 'reports.read',
    })
    const [sent] = assertions
    expect(Object.fromEntries(sent ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: expect.any(String),
      scope: 'reports.read',
    })
    const { payload, protectedHeader } = await jwtVerify<JWTPayload>(
      sent?.get('assertion') ?? '',
      createPublicKey(privateKey),
    )
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'JWT', kid: 'k1' })
    expect(payload).toEqual({
      iss: 'reports@example.com',
      sub: 'ada',
      aud: `${server.origin}/token`,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: expect.closeTo(Date.now() / 1000, -1),
      exp: (payload.iat ?? 0) + 60,
    })
  })

  it.each([
    ['a claim that is ours to make', { claims: { iss: 'hunter2' } }, 'assertion.claims'],
    ['a lifetime beyond an hour', { lifetimeMs: 3_600_001 }, 'assertion.lifetimeMs'],
    ['a key that is none', { privateKey: 'hunter2' }, 'assertion.privateKey'],
  ])('of %s is refused', async (_, change, path) => {
    const { manager, input } = await open()
    const given = input()
    const assertion = { ...given.assertion, ...change } as Given['assertion']
    const error = await rejection(manager.createCredential(oauth2JwtBearer, { ...given, assertion }))
    expect(error).toMatchObject({ code: 'INPUT_INVALID', issues: [{ path }] })
    expect(leakScan(error, ['hunter2'])).toEqual([])
  })
})
