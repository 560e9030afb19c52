import { leakScan } from '@nebula-credential/testing'
import { describe, expect, it } from 'vitest'
import { faults, parametersOf } from '../../test/service.ts'
import { openWorld } from '../../test/world.ts'
import { getUpdates } from './get-updates.ts'
import { sendMessage } from './send-message.ts'
import { sendPhoto } from './send-photo.ts'

type World = Awaited<ReturnType<typeof openWorld>>

const say = ({ manager, id }: World, chatId: number | string = 42) =>
  manager.run(sendMessage, { bot: id }, { chatId, text: 'hello' })

describe('sendMessage', () => {
  it('sends a text', async () => {
    await using world = await openWorld()
    const { manager, id, service } = world
    const input = { chatId: '@lamps', text: '<b>on</b>', parseMode: 'HTML', silent: true } as const
    expect(await manager.run(sendMessage, { bot: id }, input)).toEqual({
      messageId: 1,
      chatId: 42,
      sentAt: 1_700_000_000_000,
    })
    expect(service.requests[0]?.json()).toEqual({
      chat_id: '@lamps',
      text: '<b>on</b>',
      parse_mode: 'HTML',
      disable_notification: true,
    })
  })

  it.each([
    ['an unknown chat', -1, 'INPUT_INVALID'],
    ['a person who has blocked the bot', -2, 'PROVIDER_REJECTED'],
  ])('to %s fails', async (_, chatId, code) => {
    await using world = await openWorld()
    const error = await say(world, chatId).catch(error => error)
    expect(error).toMatchObject({ code, credentialId: world.id })
    expect(leakScan(error, ['sentinel-token'])).toEqual([])
  })

  it.each(Object.entries(faults))('may be tried later after %s', async (_, fault) => {
    await using world = await openWorld()
    world.service.answerNext(fault)
    const error = await say(world).catch(error => error)
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', credentialId: world.id })
    expect(leakScan(error, ['sentinel-token'])).toEqual([])
    if (fault === faults['too many requests']) expect(error.retryAt).toBeGreaterThan(Date.now() + 5_000)
    expect(await say(world)).toMatchObject({ messageId: 1 })
  })

  it('asks for a new connection when the token was replaced, and works with the new one', async () => {
    await using world = await openWorld()
    const { manager, id, service } = world
    await say(world)
    service.replaceToken('7:next')
    await expect(say(world)).rejects.toMatchObject({ code: 'REAUTHORIZATION_REQUIRED', credentialId: id })
    await manager.updateCredential(id, { input: { botToken: '7:next', apiRoot: service.origin } })
    expect(await say(world)).toMatchObject({ messageId: 2 })
  })

  it('does not wait for a silent server longer than its caller does', async () => {
    await using world = await openWorld()
    const { manager, id, service } = world
    service.answerNext('silence')
    const signal = AbortSignal.timeout(200)
    const input = { chatId: 1, text: 'x' }
    await expect(manager.run(sendMessage, { bot: id }, input, { signal })).rejects.toThrow('timeout')
  })
})

describe('sendPhoto', () => {
  it('uploads bytes', async () => {
    await using world = await openWorld()
    const { manager, id, service } = world
    const photo = new Uint8Array([137, 80, 78, 71])
    await manager.run(sendPhoto, { bot: id }, { chatId: 5, photo, caption: 'today' })
    const request = service.requests[0]
    expect(request && parametersOf(request)).toMatchObject({
      chat_id: '5',
      caption: 'today',
      photo: '\x89PNG',
    })
  })

  it('hands on a URL or a file’s id, and never reads a file of this machine', async () => {
    await using world = await openWorld()
    const { manager, id, service } = world
    await manager.run(sendPhoto, { bot: id }, { chatId: 5, photo: '/etc/hosts' })
    expect(service.requests[0]?.json()).toEqual({ chat_id: 5, photo: '/etc/hosts' })
  })
})

describe('getUpdates', () => {
  it('takes updates, and says how to ask on', async () => {
    await using world = await openWorld()
    const { manager, id, service } = world
    service.updates.push({ update_id: 10, message: { text: 'a' } }, { update_id: 11 })
    const take = (offset?: number) =>
      manager.run(getUpdates, { bot: id }, { waitMs: 1_500, ...(offset !== undefined && { offset }) })
    const first = await take()
    expect(first).toEqual({ updates: service.updates, nextOffset: 12 })
    expect(service.requests[0]?.json()).toEqual({ timeout: 2 })
    expect(await take(first.nextOffset)).toEqual({ updates: [], nextOffset: 12 })
  })

  it('says when somebody else polls this bot', async () => {
    await using world = await openWorld()
    const { manager, id, service } = world
    service.answerNext({
      status: 409,
      json: { ok: false, error_code: 409, description: 'Conflict: terminated by other getUpdates request' },
    })
    await expect(manager.run(getUpdates, { bot: id }, {})).rejects.toMatchObject({
      code: 'PROVIDER_REJECTED',
      message: expect.stringContaining('polls'),
    })
  })
})
