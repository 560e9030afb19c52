import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { migratePostgres } from '@nebula-credential/storage-postgres'
import {
  type AuthorizationServer,
  Browser,
  callbackUrl,
  startAuthorizationServer,
} from 'authorization-server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PostgresServer } from '../services/postgres-server.ts'
import { unlessUnavailable } from '../services/service-unavailable.ts'
import { type Begun, type ConnectionInput, FlowProcess, type Place } from './flow-process.ts'

const ada = { tenantId: 'acme', userId: 'ada', actor: 'web' }

interface Backend extends AsyncDisposable {
  readonly place: Place
}

async function onSqlite(): Promise<Backend> {
  const folder = await mkdtemp(join(tmpdir(), 'two-processes-'))
  return {
    place: { file: join(folder, 'nebula.db') },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

async function onPostgres(): Promise<Backend | undefined> {
  const server = await unlessUnavailable('connections on PostgreSQL', () => PostgresServer.start())
  if (server === undefined) return undefined
  await migratePostgres(server.url)
  return { place: { url: server.url }, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const backends = { SQLite: await onSqlite(), PostgreSQL: await onPostgres() }
afterAll(async () => {
  for (const backend of Object.values(backends)) await backend?.[Symbol.asyncDispose]()
})

for (const [name, backend] of Object.entries(backends)) {
  describe.skipIf(backend === undefined)(`a connection in two processes on ${name}`, () => {
    const { place } = backend as Backend
    const key = randomBytes(32).toString('base64')
    let server: AuthorizationServer
    let beginning: FlowProcess
    let ending: FlowProcess

    beforeAll(async () => {
      ;[beginning, ending] = await Promise.all([FlowProcess.open(place, key), FlowProcess.open(place, key)])
    })
    afterAll(async () => {
      await Promise.all([beginning, ending].map(each => each[Symbol.asyncDispose]()))
    })
    beforeEach(async () => {
      server = await startAuthorizationServer()
    })
    afterEach(() => server.close())

    const input = (): ConnectionInput => ({
      server: { issuer: server.issuer },
      client: { authentication: 'client_secret_basic', ...server.clients.basic },
      redirectUri: callbackUrl,
      scope: 'openid email offline_access reports.read',
    })
    const consent = ({ interaction }: Begun) => {
      if (interaction.kind !== 'redirect') expect.unreachable()
      return new Browser({ account: 'ada' }).visit(interaction.url)
    }
    const codes = () => server.tokenRequests.map(({ grantType, outcome }) => `${grantType} ${outcome}`)

    async function expectFailure({ credentialId }: Begun, code: string): Promise<void> {
      const audited = [...(await ending.events('acme')), ...(await beginning.events('acme'))]
      const failure = { action: 'flow.resume', outcome: 'failure', code, credentialId }
      expect(audited).toContainEqual(expect.objectContaining(failure))
    }

    it('begins in one that has ended when the other completes it, and a third uses it', async () => {
      const first = await FlowProcess.open(place, key)
      const begun = await first.begin(ada, input())
      await first.kill()
      const callback = await consent(begun)
      const id = await ending.resume(ada, callback, begun.browserBinding)
      expect(id).toBe(begun.credentialId)
      const authorization = `Bearer ${await beginning.token(ada, id)}`
      const response = await fetch(server.protectedResourceUrl, { headers: { authorization } })
      expect(await response.json()).toMatchObject({ account: 'ada' })
      expect(await beginning.describe(ada, id)).toMatchObject({
        lifecycle: 'Active',
        account: { id: 'ada', label: 'ada@example.com' },
      })
      expect(codes()).toEqual(['authorization_code success'])
    })

    const forgeries: Record<string, (begun: Begun, callback: URL) => Parameters<FlowProcess['resume']>> = {
      'with a state that was guessed': ({ browserBinding, state }, callback) => {
        callback.searchParams.set('state', `${state.split('.')[0]}.${'A'.repeat(43)}`)
        return [ada, callback.href, browserBinding]
      },
      'in another browser': (_, callback) => [ada, callback.href, 'A'.repeat(43)],
      'without a browser binding': (_, callback) => [ada, callback.href, undefined],
      'for another tenant': ({ browserBinding }, callback) => [
        { ...ada, tenantId: 'evil' },
        callback.href,
        browserBinding,
      ],
      'for another user': ({ browserBinding }, callback) => [
        { ...ada, userId: 'mallory' },
        callback.href,
        browserBinding,
      ],
    }

    it.each(Object.entries(forgeries))(
      'is refused %s, which is audited and uses nothing up',
      async (_, forge) => {
        const begun = await beginning.begin(ada, input())
        const callback = await consent(begun)
        const [context, ...forged] = forge(begun, new URL(callback))
        const asked = ending.resume({ ...context, actor: 'forger' }, ...forged)
        await expect(asked).rejects.toMatchObject({ code: 'FLOW_FORGED' })
        expect(codes()).toEqual([])
        const denied = { action: 'flow.resume', outcome: 'denied', code: 'FLOW_FORGED', actor: 'forger' }
        expect(await ending.events(context.tenantId)).toContainEqual(expect.objectContaining(denied))
        expect(await ending.resume(ada, callback, begun.browserBinding)).toBe(begun.credentialId)
      },
    )

    it('is refused when it has been used, which is audited', async () => {
      const begun = await beginning.begin(ada, input())
      const callback = await consent(begun)
      await ending.resume(ada, callback, begun.browserBinding)
      const replay = beginning.resume(ada, callback, begun.browserBinding)
      await expect(replay).rejects.toMatchObject({ code: 'FLOW_REPLAYED' })
      expect(codes()).toEqual(['authorization_code success'])
      await expectFailure(begun, 'FLOW_REPLAYED')
    })

    it('is refused when it comes from another server than the one asked, which is audited', async () => {
      const begun = await beginning.begin(ada, input())
      const callback = new URL(await consent(begun))
      callback.searchParams.set('iss', 'https://evil.example')
      const mixedUp = ending.resume(ada, callback.href, begun.browserBinding)
      await expect(mixedUp).rejects.toMatchObject({ code: 'ISSUER_MISMATCH' })
      expect(codes()).toEqual([])
      await expectFailure(begun, 'ISSUER_MISMATCH')
    })

    it('is refused when it comes too late, which is audited', async () => {
      await using hurried = await FlowProcess.open(place, key, 300)
      const begun = await hurried.begin(ada, input())
      const callback = await consent(begun)
      await delay(300)
      await expect(ending.resume(ada, callback, begun.browserBinding)).rejects.toMatchObject({
        code: 'FLOW_EXPIRED',
      })
      expect(codes()).toEqual([])
      await expectFailure(begun, 'FLOW_EXPIRED')
    })

    it('is completed by one of two that bring the callback at the same moment', async () => {
      const begun = await beginning.begin(ada, input())
      const callback = await consent(begun)
      const outcomes = await Promise.allSettled(
        [beginning, ending].map(each => each.resume(ada, callback, begun.browserBinding)),
      )
      const told = outcomes.map(outcome =>
        outcome.status === 'fulfilled' ? outcome.value : outcome.reason.code,
      )
      expect(told.toSorted()).toEqual([begun.credentialId, 'FLOW_REPLAYED'].toSorted())
      expect(codes()).toEqual(['authorization_code success'])
    })

    it('on another device is completed by one of two that wait when the one that began it has ended', async () => {
      const first = await FlowProcess.open(place, key)
      const { redirectUri: _none, ...asked } = input()
      const begun = await first.begin(ada, { ...asked, grant: 'device_code' })
      await first.kill()
      if (begun.interaction.kind !== 'device_code') expect.unreachable()
      const { verificationUri, userCode } = begun.interaction
      await new Browser({ account: 'ada' }).enterCode(verificationUri, userCode)
      const outcomes = await Promise.allSettled([beginning, ending].map(each => each.wait(ada, begun)))
      const told = outcomes.map(outcome =>
        outcome.status === 'fulfilled' ? outcome.value : outcome.reason.code,
      )
      expect(told.toSorted()).toEqual([begun.credentialId, 'FLOW_REPLAYED'].toSorted())
      const authorization = `Bearer ${await ending.token(ada, begun.credentialId)}`
      expect((await fetch(server.protectedResourceUrl, { headers: { authorization } })).status).toBe(200)
    })

    it('is not completed twice when a process dies while it asks for the tokens', async () => {
      const begun = await beginning.begin(ada, input())
      const callback = await consent(begun)
      server.setDelay(60_000)
      const dying = await FlowProcess.open(place, key)
      const asked = dying.resume(ada, callback, begun.browserBinding).catch(error => error)
      await expect.poll(codes).toEqual(['authorization_code success'])
      await dying.kill()
      expect(await asked).toMatchObject({ code: 'ENDED' })
      const again = ending.resume(ada, callback, begun.browserBinding)
      await expect(again).rejects.toMatchObject({ code: 'FLOW_REPLAYED' })
      await expect(ending.token(ada, begun.credentialId)).rejects.toMatchObject({
        code: 'REAUTHORIZATION_REQUIRED',
      })
    })
  })
}
