import type { SnapshotAuthenticator } from '@nebula-credential/core'
import { Context, Telegraf } from 'telegraf'
import type { TelegramToken } from '../credential/telegram-bot.ts'
import { explainTelegramError } from '../service-errors.ts'
import { hidingToken, serverOf } from './telegram-client.ts'

/**
 * A bot that receives updates and answers them. It has no way to take a new token, so `client()` makes a new one
 * when the credential's token was replaced: stop the old one.
 */
export const telegraf: SnapshotAuthenticator<void, Telegraf, TelegramToken> = {
  name: 'telegraf',
  kind: 'bearer',
  authenticate(_, token) {
    const server = serverOf(token)
    const bot = new Telegraf(token.value.expose(), {
      contextType: DiscreetContext,
      ...(server !== undefined && { telegram: server }),
    })
    hidingToken(bot.telegram)
    return bot
  },
  explain: explainTelegramError,
}

/** Each update brings a client of its own. */
class DiscreetContext extends Context {
  constructor(...[update, client, me]: ConstructorParameters<typeof Context>) {
    super(update, hidingToken(client), me)
  }
}
