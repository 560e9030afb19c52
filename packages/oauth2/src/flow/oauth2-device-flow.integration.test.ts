import { leakScan } from '@nebula-credential/testing'
import { Browser } from 'authorization-server'
import { describe, expect, it } from 'vitest'
import { ConnectionStage, type StageOptions } from '../../test/connection-stage.ts'
import { loopbackFetch } from '../../test/environment.ts'
import { WatchedClock } from '../../test/watched-clock.ts'
import { OAuth2Flow } from './oauth2-flow.ts'

const fetch = loopbackFetch()

async function start(options: StageOptions = {}) {
  const { server } = await ConnectionStage.open(options)
  const { issuer, clients } = server
  const flow = OAuth2Flow.builder()
    .withServer({ issuer })
    .withClient({ authentication: 'none', ...clients.none })
    .withScope('openid', 'email', 'reports.read')
    .buildDevice()
  const clock = new WatchedClock()
  const started = await flow.start({ fetch })
  const enterCode = (denies = false) =>
    new Browser({ account: 'ada', denies }).enterCode(started.code.verificationUri, started.code.userCode)
  return { server, flow, started, clock, enterCode }
}

const unavailable = { when: 'before', answer: { status: 503, headers: { 'retry-after': '30' } } } as const
const slowDown = {
  when: 'before',
  answer: { status: 400, headers: { 'content-type': 'application/json' }, body: '{"error":"slow_down"}' },
} as const

describe('a device flow', () => {
  it('says that the person is not done, and then whose account it is', async () => {
    const { started, enterCode } = await start()
    expect(await started.poll({ fetch })).toEqual({ retryAfterMs: 5_000 })
    await enterCode()
    const done = await started.poll({ fetch })
    if ('retryAfterMs' in done) expect.unreachable()
    expect(done.account).toEqual({ id: 'ada', label: 'ada@example.com' })
    expect(done.scope?.split(' ')).toContain('reports.read')
    expect(leakScan(done, [done.accessToken.expose(), done.refreshToken?.expose() ?? ''])).toEqual([])
  })

  it('waits at the pace of the server, and longer through an outage', async () => {
    const { server, started, clock, enterCode } = await start()
    server.failNext(slowDown, unavailable)
    const waiting = started.wait({ fetch, clock })
    await clock.pass(10_000)
    await clock.pass(30_000)
    await clock.pass(10_000)
    await enterCode()
    await clock.pass(10_000)
    expect((await waiting).account?.id).toBe('ada')
  })

  it('stops waiting when its caller gives up', async () => {
    const { started, clock } = await start()
    const controller = new AbortController()
    const waiting = started.wait({ fetch, clock, signal: controller.signal })
    const refused = expect(waiting).rejects.toThrow('enough')
    await expect.poll(() => clock.pauses).toEqual([5_000])
    controller.abort(new Error('enough'))
    await refused
  })

  it.each([
    ['refused by the person', true, 'access_denied'],
    ['no longer valid at the server', false, 'expired_token'],
  ])('whose code is %s fails as terminal', async (_, denies, code) => {
    const { started, enterCode } = await start({ deviceCodeTtlS: denies ? 600 : 1 })
    if (denies) await enterCode(true)
    else await new Promise(resolve => setTimeout(resolve, 2_100))
    await expect(started.poll({ fetch })).rejects.toMatchObject({
      name: 'ProviderFailure',
      kind: 'terminal',
      message: expect.stringContaining(code),
    })
  })

  it('whose code is never entered fails as terminal when the code ends', async () => {
    const { started, clock } = await start()
    const waiting = expect(started.wait({ fetch, clock })).rejects.toMatchObject({ kind: 'terminal' })
    await clock.pass(5_000)
    await clock.reach(started.code.expiresAt, waiting)
  })

  it('cannot be had where the server has no endpoint for devices', async () => {
    const { server } = await ConnectionStage.open()
    const flow = OAuth2Flow.builder()
      .withServer({ tokenEndpoint: `${server.issuer}/token` })
      .withClient({ authentication: 'none', id: 'none' })
      .buildDevice()
    await expect(flow.start({ fetch })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('goes on elsewhere with what was serialised of it', async () => {
    const { flow, started, enterCode } = await start()
    const elsewhere = flow.resume(started.serialize())
    await enterCode()
    expect(elsewhere.code).toEqual(started.code)
    expect((await elsewhere.wait({ fetch })).account?.id).toBe('ada')
  })

  it('shows nothing of what it must keep secret', async () => {
    const { started } = await start()
    expect(leakScan(started, [started.pending.deviceCode.expose()])).toEqual([])
  })
})
