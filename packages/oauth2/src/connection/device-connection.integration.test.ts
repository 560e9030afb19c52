import { MemoryStateStore } from '@nebula-credential/core'
import { leakScan } from '@nebula-credential/testing'
import { Browser, type Person } from 'authorization-server'
import { describe, expect, it } from 'vitest'
import { ConnectionStage, rejection } from '../../test/connection-stage.ts'
import { listeningFetch } from '../../test/listening-fetch.ts'
import { WatchedClock } from '../../test/watched-clock.ts'
import { oauth2Connection } from './oauth2-connection.ts'

async function begin(options: Parameters<typeof ConnectionStage.open>[0] = {}) {
  const clock = new WatchedClock()
  const stage = await ConnectionStage.open({ clock, ...options })
  const manager = await stage.manager()
  const { redirectUri: _none, ...asked } = stage.input({ grant: 'device_code' })
  const begun = await manager.beginAuthorization(oauth2Connection, asked)
  if (begun.interaction.kind !== 'device_code') expect.unreachable()
  const { interaction } = begun
  const enterCode = (person: Partial<Person> = {}) =>
    new Browser({ account: 'ada', ...person }).enterCode(interaction.verificationUri, interaction.userCode)
  return { clock, stage, manager, begun, interaction, enterCode }
}

const slowDown = {
  when: 'before',
  answer: {
    status: 400,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: 'slow_down' }),
  },
} as const

describe('an account connected on another device', () => {
  it('tells what the person has to do', async () => {
    const { interaction, stage, begun } = await begin()
    expect(interaction).toEqual({
      kind: 'device_code',
      userCode: expect.stringMatching(/^[A-Z]{4}-[A-Z]{4}$/),
      verificationUri: `${stage.server.issuer}/device`,
      verificationUriComplete: `${stage.server.issuer}/device?user_code=${interaction.userCode}`,
      intervalMs: 5_000,
      expiresAt: begun.expiresAt,
    })
    expect(begun.expiresAt - Date.now()).toBeGreaterThan(590_000)
  })

  it('is complete once the code is entered, waiting as long as the server says between its questions', async () => {
    const { clock, stage, manager, begun, enterCode } = await begin()
    const waiting = manager.waitForAuthorization(begun)
    await clock.pass(5_000)
    await expect.poll(() => stage.outcomes).toEqual(Array(2).fill('device_code authorization_pending'))
    await enterCode()
    await clock.pass(5_000)
    const id = await waiting
    expect(id).toBe(begun.credentialId)
    expect(stage.outcomes.at(-1)).toBe('device_code success')
    expect(await manager.describe(id)).toMatchObject({
      lifecycle: 'Active',
      account: { id: 'ada', label: 'ada@example.com' },
    })
    expect(await stage.works(manager, id)).toBe(true)
    await manager.refreshCredential(id)
    expect(await stage.works(manager, id)).toBe(true)
  })

  it('is asked for five seconds slower, for good, each time that the server wants it slower', async () => {
    const { clock, stage, manager, begun, enterCode } = await begin()
    stage.server.failNext(slowDown, slowDown)
    const waiting = manager.waitForAuthorization(begun)
    await clock.pass(10_000)
    await clock.pass(15_000)
    await clock.pass(15_000)
    expect(stage.outcomes).toEqual(['device_code authorization_pending'])
    expect(stage.outcomes).toEqual(['device_code authorization_pending'])
    await enterCode()
    await clock.pass(15_000)
    await waiting
    expect(stage.outcomes.at(-1)).toBe('device_code success')
  })

  it('waits out an outage, and an answer that was lost', async () => {
    const { clock, stage, manager, begun, enterCode } = await begin()
    stage.server.failNext({ when: 'before', answer: { status: 503 } }, { when: 'after' })
    const waiting = manager.waitForAuthorization(begun)
    await clock.pass(10_000)
    await clock.pass(10_000)
    await enterCode()
    await clock.pass(5_000)
    expect(await waiting).toBe(begun.credentialId)
  })

  it('that the person refuses is a clear refusal, and leaves nothing behind', async () => {
    const { manager, begun, enterCode, stage } = await begin()
    await enterCode({ denies: true })
    const error = await rejection(manager.waitForAuthorization(begun))
    expect(error).toMatchObject({
      code: 'REAUTHORIZATION_REQUIRED',
      message: expect.stringContaining('access_denied'),
    })
    expect((await manager.list()).credentials).toEqual([])
    expect(await stage.events()).toContainEqual(
      expect.objectContaining({ action: 'flow.resume', outcome: 'failure', code: error.code }),
    )
    expect(await rejection(manager.waitForAuthorization(begun))).toMatchObject({ code: 'FLOW_REPLAYED' })
  })

  it('ends when its code does', async () => {
    const { clock, manager, begun } = await begin()
    const waiting = rejection(manager.waitForAuthorization(begun))
    await clock.pass(5_000)
    expect(await clock.reach(begun.expiresAt, waiting)).toMatchObject({ code: 'FLOW_EXPIRED' })
  })

  it('whose code the server calls expired must be begun again', async () => {
    const { manager, begun } = await begin({ deviceCodeTtlS: 1 })
    await new Promise(resolve => setTimeout(resolve, 2_100))
    expect(await rejection(manager.waitForAuthorization(begun))).toMatchObject({
      code: 'REAUTHORIZATION_REQUIRED',
      message: expect.stringContaining('expired_token'),
    })
  })

  it('goes on in another process when the one that waits ends', async () => {
    const { clock, stage, manager, begun, enterCode } = await begin()
    const controller = new AbortController()
    const first = rejection(manager.waitForAuthorization(begun, { signal: controller.signal }))
    await expect.poll(() => clock.pauses).toContain(5_000)
    controller.abort(new Error('closing'))
    expect(await first).toMatchObject({ message: 'closing' })
    await enterCode()
    expect(await (await stage.manager()).waitForAuthorization(begun)).toBe(begun.credentialId)
  })

  it('is completed by one of two processes that ask at the same moment, and outlives the other', async () => {
    const { stage, manager, begun, enterCode } = await begin()
    const other = await stage.manager()
    await enterCode()
    const outcomes = await Promise.allSettled([manager, other].map(each => each.waitForAuthorization(begun)))
    const told = outcomes.map(outcome =>
      outcome.status === 'fulfilled' ? outcome.value : outcome.reason.code,
    )
    expect(told.toSorted()).toEqual([begun.credentialId, 'FLOW_REPLAYED'].toSorted())
    expect(stage.outcomes).toEqual(['device_code success'])
    expect(await stage.works(manager, begun.credentialId)).toBe(true)
  })

  it('shows its device code nowhere, at rest neither', async () => {
    const { fetch, lastAnswer } = listeningFetch()
    const { stage, manager, begun, interaction } = await begin({ fetch })
    const deviceCode = lastAnswer('/device/auth', 'device_code')
    expect(deviceCode).toMatch(/.{20}/)
    const secrets = [deviceCode, stage.server.clients.basic.secret]
    const record = await new MemoryStateStore(stage.backend).get('acme', begun.credentialId)
    const shown = [
      begun,
      record,
      await manager.describe(begun.credentialId),
      await stage.events(),
      interaction,
    ]
    for (const thing of shown) expect(leakScan(thing, secrets)).toEqual([])
    expect(Buffer.from(record?.state ?? []).toString('latin1')).not.toContain(deviceCode)
  })

  it('has no callback', async () => {
    const { manager, begun } = await begin()
    const callback = `/callback?${new URLSearchParams({ code: 'x', state: begun.state })}`
    expect(await rejection(manager.resumeAuthorization(callback, begun))).toMatchObject({
      code: 'NOT_SUPPORTED',
    })
  })
})
