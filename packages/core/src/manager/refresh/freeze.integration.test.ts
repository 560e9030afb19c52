import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Points } from '../../../test/crash/points.ts'
import type { Stop } from '../../../test/crash/serve-world.ts'
import { acme, openSqliteManager, sqliteSite } from '../../../test/crash/sqlite-world.ts'
import {
  type Disturbance,
  type FamilyOptions,
  StrictTokenServer,
} from '../../../test/crash/strict-token-server.ts'
import { WorkerProcess } from '../../../test/crash/worker-process.ts'

const lease = { ttlMs: 600, renewEveryMs: 200 }
const policy = {
  rotatingRequestMs: 1_500,
  intentMarginMs: 300,
  intentPollMs: 20,
  lockWaitMs: 5_000,
  callerWaitMs: 30_000,
  coolOffMs: 20,
}
const intentMs = 1_800

/** A credential that has expired, a process that refreshes it and will be frozen, and a manager here. */
async function world(
  options: { family?: FamilyOptions; stop?: Stop; disturbance?: Disturbance; requestMs?: number } = {},
) {
  const stack = new AsyncDisposableStack()
  onTestFinished(() => stack.disposeAsync())
  const site = stack.use(sqliteSite())
  const { requestMs = policy.rotatingRequestMs } = options
  const shared = { ...site.world, lease, policy: { ...policy, rotatingRequestMs: requestMs } }
  const server = stack.use(await StrictTokenServer.start())
  const manager = stack.use(await openSqliteManager(shared, new Points(() => {})))
  const frozen = stack.use(await WorkerProcess.open(site.program, shared))
  const family = server.family(options.family)
  if (options.disturbance) family.disturbances.push(options.disturbance)
  const input = { url: server.urlOf(family), rotating: true, ...family.issue(-1) }
  const view = manager.as(acme)
  const id = await view.createCredential('account', input)
  const late = frozen.get(id, options.stop && { stop: options.stop })
  late.catch(() => {})
  const audited = async () => {
    const events = await Array.fromAsync(
      manager.operator('op').readAudit({ tenantId: 'acme', credentialId: id }),
    )
    return events.map(({ event }) => `${event.action} ${event.outcome} ${event.reason ?? ''}`.trim())
  }
  return { family, frozen, view, id, late, audited }
}

const freezeAt = (point: string): Stop => ({ point, signal: 'SIGSTOP' })

describe('a process that is frozen', () => {
  test.for(['after store.updateMetadata 1', 'before provider.refresh 1'])(
    'past its intent before it asked the provider (%s) asks no more, and takes what another got',
    async point => {
      const { family, frozen, view, id, late } = await world({ stop: freezeAt(point) })
      await frozen.stopped(point)
      const token = await view.getToken(id)
      frozen.thaw()
      expect((await late).tokens).toEqual({ [token.value.expose()]: 1 })
      expect(family).toMatchObject({ granted: 1, refused: 0 })
      await view.refreshCredential(id)
      expect(family).toMatchObject({ granted: 2, refused: 0 })
    },
  )

  test('past its lease but not its intent is waited for', async () => {
    const { family, frozen, view, id, late } = await world({ disturbance: 'hold answer', requestMs: 30_000 })
    await family.held.promise
    frozen.freeze()
    family.release()
    const waiting = view.getToken(id)
    await sleep(lease.ttlMs + 300)
    frozen.thaw()
    const token = (await waiting).value.expose()
    expect((await late).tokens).toEqual({ [token]: 1 })
    expect(family.accepts(token)).toBe(true)
    expect(family).toMatchObject({ granted: 1, refused: 0 })
  })

  test('after it asked a provider with a period of grace: the other one goes on, its own answer is dropped', async () => {
    const { family, frozen, view, id, late, audited } = await world({
      family: { graceMs: 60_000 },
      stop: freezeAt('before store.replace 1'),
    })
    await frozen.stopped('before store.replace 1')
    const token = (await view.getToken(id)).value.expose()
    frozen.thaw()
    expect((await late).tokens).toEqual({ [token]: 1 })
    await frozen.close()
    expect(await audited()).toContain('credential.refresh dropped superseded')
    await view.refreshCredential(id)
    expect(family).toMatchObject({ granted: 3, refused: 0 })
  })

  test('after it asked, with nobody else there: its answer is adopted however late', async () => {
    const { family, frozen, view, id, late } = await world({ stop: freezeAt('before store.replace 1') })
    await frozen.stopped('before store.replace 1')
    await sleep(intentMs + 300)
    frozen.thaw()
    const [token = ''] = Object.keys((await late).tokens)
    expect(family.accepts(token)).toBe(true)
    await view.refreshCredential(id)
    expect(family).toMatchObject({ granted: 2, refused: 0 })
  })

  test.for(['before the answer', 'after the answer'])(
    'after it asked a provider without grace (%s): the other one finds the rotation lost, and nobody is misled for long',
    async when => {
      const point = 'before store.replace 1'
      const { family, frozen, view, id, late } = await world(
        when === 'after the answer' ? { stop: freezeAt(point) } : { disturbance: 'hold answer' },
      )
      if (when === 'after the answer') await frozen.stopped(point)
      else {
        await family.held.promise
        frozen.freeze()
        family.release()
      }
      await expect(view.getToken(id)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
      expect(await view.describe(id)).toMatchObject({ failure: { cause: 'rotation_lost' } })
      frozen.thaw()
      const { tokens, errors } = await late
      expect(family).toMatchObject({ granted: 1, refused: 1, revoked: true })
      // A late state is kept, for a provider that refused the old token need not have ended the family. This one has.
      expect(errors).toEqual(Object.keys(tokens).length > 0 ? {} : { REAUTHORIZATION_REQUIRED: 1 })
      await expect(view.refreshCredential(id)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED' })
      expect(family.granted).toBe(1)
    },
  )
})
