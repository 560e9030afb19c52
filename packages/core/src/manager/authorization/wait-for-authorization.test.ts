import { PassThroughStore } from '@nebula-credential/testing'
import { describe, expect, test } from 'vitest'
import { ada, ConsentStage, callbackOf, rejection } from '../../../test/consent-stage.ts'
import { CredentialError, type ErrorCode, MemoryStateStore, ProviderFailure } from '../../index.ts'

const input = { clientSecret: 'sentinel-client', device: true }

async function begun(notYet = 0) {
  const stage = new ConsentStage()
  stage.server.notYet = notYet
  const view = await stage.view()
  return { stage, view, flow: await view.beginAuthorization(stage.type, input) }
}

describe('waiting for a person', () => {
  test('asks as often as the provider allows, until they are done', async () => {
    const { stage, view, flow } = await begun(3)
    expect(flow.interaction).toMatchObject({ kind: 'device_code', userCode: 'ABCD' })
    const waiting = view.waitForAuthorization(flow)
    await stage.clock.advance(4_999)
    expect(stage.server.exchanged).toHaveLength(1)
    await stage.clock.advance(1)
    expect(stage.server.exchanged).toHaveLength(2)
    await stage.clock.advance(10_000)
    expect(await waiting).toBe(flow.credentialId)
    expect((await view.getToken(flow.credentialId)).value.expose()).toContain('sentinel-access')
  })

  test('asks less often each time that it is told to slow down', async () => {
    const { stage, view, flow } = await begun(3)
    stage.server.slowerByMs = 5_000
    const waiting = view.waitForAuthorization(flow)
    const asked: number[] = []
    for (let second = 0; second < 60; second++) {
      asked.push(stage.server.exchanged.length)
      await stage.clock.advance(1_000)
    }
    await waiting
    expect([9, 10, 24, 25, 44, 45].map(second => asked[second])).toEqual([1, 2, 2, 3, 3, 4])
  })

  test('goes on in another process after the first one stopped', async () => {
    const { stage, view, flow } = await begun(2)
    const stop = new AbortController()
    const waiting = rejection(view.waitForAuthorization(flow, { signal: stop.signal }))
    await stage.clock.advance(0)
    stop.abort(new Error('enough'))
    expect((await waiting).message).toBe('enough')
    const other = await stage.view()
    const resumed = other.waitForAuthorization(JSON.parse(JSON.stringify(flow)))
    await stage.clock.advance(10_000)
    expect(await resumed).toBe(flow.credentialId)
  })

  test('ends when the code ends, and when the manager closes', async () => {
    const { stage, view, flow } = await begun(1_000)
    const waiting = rejection(view.waitForAuthorization(flow))
    for (let second = 0; second < 60; second += 5) await stage.clock.advance(5_000)
    expect(await waiting).toMatchObject({ code: 'FLOW_EXPIRED' })
    const again = await view.beginAuthorization(stage.type, input)
    const manager = await stage.manager()
    const closing = rejection(manager.as({ tenantId: 'acme', userId: 'ada' }).waitForAuthorization(again))
    await stage.clock.advance(0)
    await manager.close()
    await closing
  })

  test('waits an outage out, and ends at a refusal', async () => {
    const { stage, view, flow } = await begun()
    stage.server.failures.push(
      new ProviderFailure('transient', 'down'),
      new ProviderFailure('terminal', 'access_denied'),
    )
    const waiting = rejection(view.waitForAuthorization(flow))
    await stage.clock.advance(10_000)
    expect(await waiting).toMatchObject({
      code: 'REAUTHORIZATION_REQUIRED',
      message: expect.stringContaining('access_denied'),
    })
    expect((await view.list()).credentials).toEqual([])
    await expect(view.waitForAuthorization(flow)).rejects.toMatchObject({ code: 'FLOW_REPLAYED' })
  })

  test('by two at once completes one connection', async () => {
    const { stage, view, flow } = await begun()
    const other = await stage.view()
    const outcomes = await Promise.allSettled([view, other].map(any => any.waitForAuthorization(flow)))
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const refused = outcomes.find(outcome => outcome.status === 'rejected')
    expect(refused?.reason).toMatchObject({ code: 'FLOW_REPLAYED' })
    expect(await view.describe(flow.credentialId)).toMatchObject({ lifecycle: 'Active', name: 'connection' })
    await view.getToken(flow.credentialId)
  })

  test('waits while another process is at it, and goes on where there is no lock service', async () => {
    const { stage, view, flow } = await begun()
    const refusals: ErrorCode[] = ['LOCK_TIMEOUT', 'STORAGE_UNAVAILABLE']
    const acquire = async () => {
      throw new CredentialError(refusals.shift() ?? 'CLOSED', 'no lock')
    }
    const lock = () => ({ acquire, tryAcquire: acquire, close: async () => {} })
    const store = Object.assign(new PassThroughStore(new MemoryStateStore(stage.backend)), { lock })
    const other = (await stage.manager(store)).as(ada)
    const waiting = other.waitForAuthorization(flow)
    await stage.clock.advance(999)
    expect(stage.server.exchanged).toEqual([])
    await stage.clock.advance(1)
    expect(await waiting).toBe(flow.credentialId)
    expect((await view.describe(flow.credentialId)).lifecycle).toBe('Active')
  })

  test('needs the proof of who began it', async () => {
    const { stage, view, flow } = await begun()
    await expect(view.waitForAuthorization({ ...flow, browserBinding: 'x' })).rejects.toMatchObject({
      code: 'FLOW_FORGED',
    })
    expect(stage.server.exchanged).toEqual([])
    expect(callbackOf(flow)).toContain(flow.state)
  })

  test('connects an existing credential again', async () => {
    const { stage, view, flow } = await begun()
    const id = await view.waitForAuthorization(flow)
    stage.server.refusesRefresh = true
    await rejection(view.refreshCredential(id))
    stage.server.account = { id: 'account-1', label: 'other' }
    const again = await view.beginAuthorization(stage.type, input, { reconnect: id })
    stage.server.forgetUsedCodes()
    expect(await view.waitForAuthorization(again)).toBe(id)
    expect(await view.describe(id)).toMatchObject({ lifecycle: 'Active', account: { label: 'other' } })
    await expect(view.waitForAuthorization(again)).rejects.toMatchObject({ code: 'FLOW_REPLAYED' })
  })
})
