import { inspect } from 'node:util'
import { authenticateWith, bearerToken, fixedSource, lend } from '@nebula-credential/core'
import { leakScan } from '@nebula-credential/testing'
import { Telegraf, Telegram } from 'telegraf'
import { describe, expect, it } from 'vitest'
import { faults, parametersOf } from '../../test/service.ts'
import { botToken, openWorld } from '../../test/world.ts'
import { telegraf } from './telegraf.ts'
import { telegramApi } from './telegram-api.ts'
import { telegramWebhook } from './telegram-webhook.ts'

describe.each([
  [
    'telegraf',
    async (world: Awaited<ReturnType<typeof openWorld>>) =>
      (await world.manager.client(world.id, telegraf)).telegram,
  ],
  [
    'telegramApi',
    (world: Awaited<ReturnType<typeof openWorld>>) => world.manager.client(world.id, telegramApi),
  ],
] as const)('the client of %s', (_, clientOf) => {
  it('calls the Bot API of its credential', async () => {
    await using world = await openWorld()
    const client = await clientOf(world)
    expect(await client.getMe()).toMatchObject({ username: 'lamp_bot' })
    expect(world.service.requests.map(({ path }) => path)).toEqual([`/bot${botToken}/getMe`])
  })

  it('is another one once the token was replaced', async () => {
    await using world = await openWorld()
    const { manager, id, service } = world
    const before = await clientOf(world)
    expect(await clientOf(world)).toBe(before)
    service.replaceToken('7:next')
    await expect(before.getMe()).rejects.toThrow('401')
    await manager.updateCredential(id, { input: { botToken: '7:next', apiRoot: service.origin } })
    expect(await (await clientOf(world)).getMe()).toMatchObject({ id: 7 })
  })

  it.each(Object.values(faults).filter(fault => fault !== faults['another document']))(
    'shows no token in the error after %j',
    async fault => {
      await using world = await openWorld()
      const client = await clientOf(world)
      world.service.answerNext(fault)
      const error = await client.getMe().catch(error => error)
      expect(error).toBeInstanceOf(Error)
      expect(leakScan(error, ['sentinel-token'])).toEqual([])
    },
  )

  it('shows no token in the error of a server that is away', async () => {
    const world = await openWorld()
    const client = await clientOf(world)
    await world.service[Symbol.asyncDispose]()
    const error = await client.getMe().catch(error => error)
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
    expect(leakScan(error, ['sentinel-token'])).toEqual([])
    expect(telegramApi.explain?.(error)).toMatchObject({ kind: 'transient', peerDown: true })
    await world[Symbol.asyncDispose]()
  })
})

describe('telegraf', () => {
  it('makes a bot that answers updates, with clients that hide the token too', async () => {
    await using world = await openWorld()
    const bot = await world.manager.client(world.id, telegraf)
    expect(bot).toBeInstanceOf(Telegraf)
    let shown: unknown
    bot.on('message', async context => {
      await context.reply('hello')
      world.service.answerNext(faults['no JSON'])
      shown = await context.reply('again').catch(error => error)
    })
    await bot.handleUpdate({
      update_id: 1,
      message: {
        message_id: 1,
        date: 1,
        chat: { id: 5, type: 'private', first_name: 'A' },
        from: { id: 5, is_bot: false, first_name: 'A' },
        text: 'hi',
      },
    })
    const reply = world.service.requests.find(({ path }) => path.endsWith('/sendMessage'))
    expect(reply && parametersOf(reply)).toMatchObject({ chat_id: '5', text: 'hello' })
    expect(shown).toBeInstanceOf(Error)
    expect(leakScan(shown, ['sentinel-token'])).toEqual([])
  })

  it('takes any bearer token, and then calls Telegram itself', async () => {
    const token = bearerToken.mint({ value: lend(botToken) }, 1)
    const client = await authenticateWith(telegramApi, fixedSource(token))
    expect(client).toBeInstanceOf(Telegram)
    expect(client.options.apiRoot).toBe('https://api.telegram.org')
  })

  it('keeps the path of a server’s root', async () => {
    await using world = await openWorld()
    const apiRoot = `${world.service.origin}/behind/proxy`
    await world.manager.updateCredential(world.id, { input: { botToken, apiRoot } })
    const client = await world.manager.client(world.id, telegramApi)
    await client.getMe().catch(() => undefined)
    expect(world.service.requests.at(-1)?.path).toBe(`/behind/proxy/bot${botToken}/getMe`)
  })
})

describe('telegramWebhook', () => {
  it('accepts what carries the secret, and nothing else', async () => {
    await using world = await openWorld({ webhookSecret: 'sentinel_hook' })
    const webhook = await world.manager.client(world.id, telegramWebhook)
    const header = 'x-telegram-bot-api-secret-token'
    expect(webhook.accepts(new Headers({ [header]: 'sentinel_hook' }))).toBe(true)
    expect(webhook.accepts({ [header]: 'sentinel_hook' })).toBe(true)
    for (const wrong of ['sentinel_hoo', 'sentinel_hook2', '', 'SENTINEL_HOOK']) {
      expect(webhook.accepts({ [header]: wrong })).toBe(false)
      expect(webhook.accepts(new Headers({ [header]: wrong }))).toBe(false)
    }
    expect(webhook.accepts({})).toBe(false)
    expect(webhook.accepts(new Headers())).toBe(false)
    expect(inspect(webhook, { depth: 9, showHidden: true })).not.toContain('sentinel')
  })

  it('needs a secret', async () => {
    await using world = await openWorld()
    await expect(world.manager.client(world.id, telegramWebhook)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })
})
