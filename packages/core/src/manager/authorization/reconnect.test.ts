import { describe, expect, test } from 'vitest'
import { ConsentStage, callbackOf, rejection } from '../../../test/consent-stage.ts'
import { MemoryStateStore } from '../../index.ts'

const input = { clientSecret: 'sentinel-client' }

async function connected() {
  const stage = new ConsentStage()
  const view = await stage.view()
  const begun = await view.beginAuthorization(stage.type, input, { name: 'Mail', labels: { team: 'a' } })
  await view.resumeAuthorization(callbackOf(begun), begun)
  return { stage, view, id: begun.credentialId }
}

describe('connecting again', () => {
  test('keeps id, name and labels, and the token is the new one everywhere', async () => {
    const { stage, view, id } = await connected()
    const other = await stage.view()
    await other.getToken(id)
    const again = await view.beginAuthorization(stage.type, input, { reconnect: id })
    expect(again.credentialId).toBe(id)
    expect((await view.getToken(id)).value.expose()).toBe('sentinel-access-c1')
    expect(await view.resumeAuthorization(callbackOf(again, { code: 'c2' }), again)).toBe(id)
    for (const any of [view, other])
      expect((await any.getToken(id)).value.expose()).toBe('sentinel-access-c2')
    expect(await view.describe(id)).toMatchObject({
      name: 'Mail',
      labels: { team: 'a' },
      lifecycle: 'Active',
    })
  })

  test('is no connection of its own in lists, and is told apart from a forgery when it is replayed', async () => {
    const { stage, view, id } = await connected()
    const again = await view.beginAuthorization(stage.type, input, { reconnect: id })
    const lists = async () => [
      ...(await view.list()).credentials,
      ...(await (await stage.manager()).operator('ops').list()).credentials,
    ]
    expect(new Set((await lists()).map(credential => credential.id))).toEqual(new Set([id]))
    await view.resumeAuthorization(callbackOf(again, { code: 'c2' }), again)
    expect(new Set((await lists()).map(credential => credential.id))).toEqual(new Set([id]))
    const replay = await rejection(view.resumeAuthorization(callbackOf(again, { code: 'c2' }), again))
    expect(replay).toMatchObject({ code: 'FLOW_REPLAYED' })
  })

  test('leaves no record behind an hour after its time is over', async () => {
    const { stage, view, id } = await connected()
    const again = await view.beginAuthorization(stage.type, input, { reconnect: id })
    await view.resumeAuthorization(callbackOf(again, { code: 'c2' }), again)
    await view.beginAuthorization(stage.type, input, { reconnect: id })
    await stage.clock.advance(600_000 + 3_600_000 + 1)
    const last = await view.beginAuthorization(stage.type, input)
    await stage.clock.advance(0)
    const { records } = await new MemoryStateStore(stage.backend).list({ tenantId: 'acme' }, { limit: 10 })
    expect(new Set(records.map(record => record.id))).toEqual(new Set([id, last.credentialId]))
  })

  test('with another account is refused and changes nothing, unless it is allowed', async () => {
    const { stage, view, id } = await connected()
    stage.server.account = { id: 'account-2', label: 'sentinel-label' }
    const again = await view.beginAuthorization(stage.type, input, { reconnect: id })
    const refused = await rejection(view.resumeAuthorization(callbackOf(again, { code: 'c2' }), again))
    expect(refused).toMatchObject({ code: 'ACCOUNT_MISMATCH', credentialId: id })
    expect((await view.getToken(id)).value.expose()).toBe('sentinel-access-c1')
    expect(stage.server.revoked).toEqual([])
    expect(await stage.events()).toContainEqual(expect.objectContaining({ code: 'ACCOUNT_MISMATCH' }))

    const allowed = await view.beginAuthorization(stage.type, input, {
      reconnect: id,
      allowDifferentAccount: true,
    })
    await view.resumeAuthorization(callbackOf(allowed, { code: 'c3' }), allowed)
    expect(await view.describe(id)).toMatchObject({ account: { id: 'account-2' } })
  })

  test('revives a credential that failed', async () => {
    const { stage, view, id } = await connected()
    stage.server.refusesRefresh = true
    await rejection(view.refreshCredential(id))
    expect(await view.describe(id)).toMatchObject({ lifecycle: 'Failed' })
    const again = await view.beginAuthorization(stage.type, input, { reconnect: id })
    await view.resumeAuthorization(callbackOf(again, { code: 'c2' }), again)
    expect(await view.describe(id)).toMatchObject({ lifecycle: 'Active' })
    expect((await view.getToken(id)).value.expose()).toBe('sentinel-access-c2')
    expect((await view.describe(id)).failure).toBeUndefined()
  })

  test('is refused for what is revoked, at the beginning and at the end', async () => {
    const { stage, view, id } = await connected()
    const again = await view.beginAuthorization(stage.type, input, { reconnect: id })
    await view.revokeCredential(id)
    await expect(view.beginAuthorization(stage.type, input, { reconnect: id })).rejects.toMatchObject({
      code: 'ILLEGAL_TRANSITION',
    })
    await expect(view.resumeAuthorization(callbackOf(again, { code: 'c2' }), again)).rejects.toMatchObject({
      code: 'ILLEGAL_TRANSITION',
    })
    expect(stage.server.revoked).toEqual(['sentinel-access-c1', 'sentinel-access-c2'])
    expect(await view.describe(id)).toMatchObject({ lifecycle: 'Revoked' })
  })

  test('is not possible for what another user has', async () => {
    const { stage, id } = await connected()
    const bob = await stage.view({ tenantId: 'acme', userId: 'bob' })
    await expect(bob.beginAuthorization(stage.type, input, { reconnect: id })).rejects.toMatchObject({
      code: 'CREDENTIAL_NOT_FOUND',
    })
  })
})
