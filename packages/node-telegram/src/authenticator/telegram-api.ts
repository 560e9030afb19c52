import type { SnapshotAuthenticator } from '@nebula-credential/core'
import { Telegram } from 'telegraf'
import type { TelegramToken } from '../credential/telegram-bot.ts'
import { explainTelegramError } from '../service-errors.ts'
import { hidingToken, serverOf } from './telegram-client.ts'

/** A client of the Bot API that calls its methods and receives nothing: lighter than a {@link Telegraf}. */
export const telegramApi: SnapshotAuthenticator<void, Telegram, TelegramToken> = {
  name: 'telegramApi',
  kind: 'bearer',
  authenticate: (_, token) => hidingToken(new Telegram(token.value.expose(), serverOf(token))),
  explain: explainTelegramError,
}
