import { defineAction, needs } from '@nebula-credential/core'
import { z } from 'zod'
import { telegramApi } from '../authenticator/telegram-api.ts'
import { telegramBot } from '../credential/telegram-bot.ts'
import { callMethod } from './call-method.ts'
import { chatId, sentMessage, sentMessageOf } from './sent-message.ts'

/**
 * Sends a text to a chat.
 *
 * @example
 * const { messageId } = await acme.run(sendMessage, { bot: id }, { chatId: '@channel', text: 'Done.' })
 */
export const sendMessage = defineAction({
  name: 'telegram.send_message',
  credentials: { bot: needs(telegramBot, telegramApi) },
  input: z.strictObject({
    chatId,
    text: z.string().min(1).max(4096),
    /** How the text marks what is bold and what is a link. Default: it is plain. */
    parseMode: z.enum(['HTML', 'MarkdownV2']).optional(),
    /** Whether nobody's phone makes a sound. Default false. */
    silent: z.boolean().optional(),
  }),
  output: sentMessage,
  async run({ bot }, { chatId, text, parseMode, silent }, { signal }) {
    const message = { chat_id: chatId, text, parse_mode: parseMode, disable_notification: silent }
    return sentMessageOf(await callMethod(bot, 'sendMessage', message, signal))
  },
})
