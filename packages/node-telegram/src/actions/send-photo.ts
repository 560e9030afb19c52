import { defineAction, needs } from '@nebula-credential/core'
import { z } from 'zod'
import { telegramApi } from '../authenticator/telegram-api.ts'
import { telegramBot } from '../credential/telegram-bot.ts'
import { callMethod } from './call-method.ts'
import { chatId, sentMessage, sentMessageOf } from './sent-message.ts'

/**
 * Sends a photo to a chat: its bytes, a URL that Telegram fetches, or the id of a file that Telegram has.
 *
 * @example
 * await acme.run(sendPhoto, { bot: id }, { chatId: 7, photo: await readFile('chart.png'), caption: 'Today' })
 */
export const sendPhoto = defineAction({
  name: 'telegram.send_photo',
  credentials: { bot: needs(telegramBot, telegramApi) },
  input: z.strictObject({
    chatId,
    photo: z.union([z.string().min(1), z.instanceof(Uint8Array)]),
    caption: z.string().max(1024).optional(),
    /** Whether nobody's phone makes a sound. Default false. */
    silent: z.boolean().optional(),
  }),
  output: sentMessage,
  async run({ bot }, { chatId, photo, caption, silent }, { signal }) {
    const source = typeof photo === 'string' ? photo : { source: Buffer.from(photo) }
    const message = { chat_id: chatId, photo: source, caption, disable_notification: silent }
    return sentMessageOf(await callMethod(bot, 'sendPhoto', message, signal))
  },
})
