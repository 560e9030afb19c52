import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { CredentialError, type SnapshotAuthenticator } from '@nebula-credential/core'
import type { TelegramToken } from '../credential/telegram-bot.ts'

const header = 'x-telegram-bot-api-secret-token'

/** Tells Telegram's updates from what anybody may post to a webhook's address. */
export interface TelegramWebhook {
  /** Whether a request carries the bot's webhook secret. Takes the same time for every wrong one. */
  accepts(headers: Headers | IncomingHttpHeaders): boolean
}

/**
 * The check of a webhook's secret.
 *
 * @throws CredentialError CONFIG_INVALID when the credential has no `webhookSecret`
 * @example
 * const webhook = await acme.client(id, telegramWebhook)
 * if (!webhook.accepts(request.headers)) return new Response(null, { status: 401 })
 */
export const telegramWebhook: SnapshotAuthenticator<void, TelegramWebhook, TelegramToken> = {
  name: 'telegramWebhook',
  kind: 'bearer',
  authenticate(_, { webhookSecret }) {
    if (webhookSecret === undefined) {
      throw new CredentialError(
        'CONFIG_INVALID',
        'This bot has no webhook secret; give its credential a webhookSecret, and pass the same to setWebhook',
      )
    }
    return {
      accepts(headers) {
        const given = headers instanceof Headers ? headers.get(header) : headers[header]
        return typeof given === 'string' && timingSafeEqual(digest(given), digest(webhookSecret.expose()))
      },
    }
  },
}

// Digests are of equal length, so that not even the secret's length shows.
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
