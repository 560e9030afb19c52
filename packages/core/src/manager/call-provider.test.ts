import { describe, expect, test } from 'vitest'
import { World } from '../../test/managers.ts'
import { CredentialError, ProviderFailure } from '../index.ts'

async function expired(rotating: boolean) {
  const world = new World({ rotating })
  const view = (await world.manager()).as({ tenantId: 'acme', actor: 'worker' })
  const id = await view.createCredential(world.account, world.input())
  await world.clock.advance(world.server.lifetimeMs)
  return { world, view, id }
}

describe('an answer that is lost', () => {
  test('is asked for again within the call where the grant is safe to repeat', async () => {
    const { world, view, id } = await expired(false)
    world.server.disturb({ loseAnswer: true })
    expect((await world.settle(view.getToken(id))).generation).toBe(2)
    expect(world.server.requests).toEqual(['granted', 'granted'])
  })

  test('is not asked for again at once where the refresh token may be used up', async () => {
    const { world, view, id } = await expired(true)
    world.server.disturb({ loseAnswer: true })
    await expect(world.settle(view.getToken(id))).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
    expect(world.server.requests).toEqual(['granted'])
    expect(await view.describe(id)).toMatchObject({ coolOff: { kind: 'unknown' } })
  })

  test('is not blamed on the client at the provider where our own fetch refused the request', async () => {
    const { world, view, id } = await expired(true)
    world.server.disturb({ fail: new CredentialError('CONFIG_INVALID', 'Refused a URL') })
    await expect(world.settle(view.getToken(id))).rejects.toMatchObject({
      message: expect.stringContaining('(Refused a URL)'),
    })
  })

  test('counts as an outage, not as a doubt, where it stays lost', async () => {
    const { world, view, id } = await expired(false)
    const lost = { fail: new ProviderFailure('unknown', 'the connection was reset') }
    world.server.disturb(lost, lost, lost)
    await expect(world.settle(view.getToken(id))).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
    expect(world.server.requests).toEqual(['failed', 'failed', 'failed'])
    expect(await view.describe(id)).toMatchObject({ coolOff: { kind: 'transient', attempts: 1 } })
  })
})
