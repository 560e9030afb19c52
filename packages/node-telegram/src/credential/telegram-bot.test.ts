import { describeCredentialType, leakScan } from '@nebula-credential/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { faults, startBotApi } from '../../test/service.ts'
import { botToken, loopbackFetch, openWorld } from '../../test/world.ts'
import { telegramBot } from './telegram-bot.ts'

const service = await startBotApi(botToken)
afterAll(() => service[Symbol.asyncDispose]())

describeCredentialType(telegramBot, {
  input: { botToken, apiRoot: service.origin, webhookSecret: 'sentinel-webhook' },
  sentinels: [botToken, 'sentinel-token', 'sentinel-webhook'],
  fetch: loopbackFetch,
  invalidInputs: {
    'a token without its number': { botToken: 'sentinel-token' },
    'a root that is no URL': { botToken, apiRoot: 'sentinel-token' },
    'a root with a query': { botToken, apiRoot: 'https://bots.example/?a=sentinel-token' },
    'a webhook secret that no header carries': { botToken, webhookSecret: 'sentinel-token ü' },
  },
})

describe('a bot’s credential', () => {
  it('tells whose account it is', async () => {
    await using world = await openWorld()
    const { manager, id } = world
    expect(await manager.verifyCredential(id)).toMatchObject({
      valid: true,
      asked: true,
      account: { id: '7', label: '@lamp_bot' },
    })
  })

  it('takes a pasted token, and a root with a path', async () => {
    await using world = await openWorld()
    const { manager, service } = world
    const input = { botToken: ` ${botToken}\n`, apiRoot: `${service.origin}/` }
    const id = await manager.createCredential(telegramBot, input)
    expect(await manager.verifyCredential(id)).toMatchObject({ valid: true })
  })

  it('is not valid once its token was replaced, until it is given the new one', async () => {
    await using world = await openWorld()
    const { manager, id, service } = world
    service.replaceToken('7:next')
    expect(await manager.verifyCredential(id)).toEqual({ valid: false, asked: true })
    await manager.updateCredential(id, { input: { botToken: '7:next', apiRoot: service.origin } })
    expect(await manager.verifyCredential(id)).toMatchObject({ valid: true })
  })

  it.each(Object.entries(faults))('cannot be judged when the service answers with %s', async (_, fault) => {
    await using world = await openWorld()
    const { manager, id, service } = world
    service.answerNext(fault)
    const error = await manager.verifyCredential(id).catch(error => error)
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', credentialId: id })
    expect(leakScan(error, ['sentinel-token'])).toEqual([])
    if (fault === faults['too many requests']) {
      expect(error.retryAt).toBeGreaterThan(Date.now() + 5_000)
    }
  })
})
