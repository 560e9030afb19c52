import { defineAction, needs } from '@nebula-credential/core'
import { documentedAnswer } from '@nebula-credential/outbound'
import type { Types } from 'telegraf'
import { z } from 'zod'
import { telegramApi } from '../authenticator/telegram-api.ts'
import { telegramBot } from '../credential/telegram-bot.ts'
import { service } from '../service-errors.ts'
import { callMethod } from './call-method.ts'

const updateList = z.array(z.looseObject({ update_id: z.number() }))

/**
 * Takes what was sent to a bot that has no webhook. Asking with the `nextOffset` of the last answer confirms that one.
 *
 * @example
 * const { updates, nextOffset } = await acme.run(getUpdates, { bot: id }, { waitMs: 30_000 })
 */
export const getUpdates = defineAction({
  name: 'telegram.get_updates',
  credentials: { bot: needs(telegramBot, telegramApi) },
  input: z.strictObject({
    offset: z.int().optional(),
    limit: z.int().min(1).max(100).optional(),
    /** How long Telegram waits for the first update, in milliseconds. Default 0. */
    waitMs: z.int().min(0).max(50_000).default(0),
    /** Which kinds of updates. Default: those asked for last. */
    allowedUpdates: z.array(z.custom<Types.UpdateType>(kind => typeof kind === 'string')).optional(),
  }),
  output: z.object({
    /** As Telegram sent them. */
    updates: updateList,
    nextOffset: z.number().optional(),
  }),
  async run({ bot }, { offset, limit, waitMs, allowedUpdates }, { signal }) {
    const wanted = { offset, limit, timeout: Math.ceil(waitMs / 1000), allowed_updates: allowedUpdates }
    const answer = await callMethod(bot, 'getUpdates', wanted, signal)
    const updates = documentedAnswer(service, updateList, answer)
    const last = updates.at(-1)?.update_id
    return { updates, nextOffset: last === undefined ? offset : last + 1 }
  },
})
