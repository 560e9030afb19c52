import {
  apiKeyToken,
  authenticateWith,
  type BearerToken,
  type CredentialView,
  lend,
} from '@nebula-credential/core'
import type { Telegraf, Telegram } from 'telegraf'
import { sendMessage, telegraf, telegramApi, telegramBot } from './index.ts'

declare const acme: CredentialView
const id = await acme.createCredential(telegramBot, { botToken: '1:x' }, { name: 'Support bot' })
const token: BearerToken = await acme.getToken(id)
const bot: Telegraf = await authenticateWith(telegraf, token)
const same: Telegraf = await acme.client(id, telegraf)
const api: Telegram = await acme.client(telegramBot.id(id as string), telegramApi)
const sent: { messageId: number } = await acme.run(sendMessage, { bot: id }, { chatId: 1, text: 'x' })

// @ts-expect-error the name of a field of another service
void acme.createCredential(telegramBot, { token: '1:x' })
// @ts-expect-error a token of another kind
void authenticateWith(telegraf, apiKeyToken.mint({ value: lend('x') }, 1))
// @ts-expect-error a field that the action does not have
void acme.run(sendMessage, { bot: id }, { chat: 1, text: 'x' })
void [bot, same, api, sent]
