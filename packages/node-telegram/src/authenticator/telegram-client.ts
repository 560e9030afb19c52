import type { Telegram } from 'telegraf'
import type { TelegramToken } from '../credential/telegram-bot.ts'

/** The client options that say which Bot API server to call. */
export function serverOf({ apiRoot }: TelegramToken): { apiRoot: string } | undefined {
  // Without its last slash, the client would drop the last part of a root's path.
  return apiRoot === undefined ? undefined : { apiRoot: `${apiRoot.replace(/\/+$/, '')}/` }
}

/**
 * The same client, whose errors do not show its token. The Bot API wants the token in the URL, and the client quotes
 * the URL in the errors of answers that it cannot read, and in every error's stack.
 */
export function hidingToken(client: Telegram): Telegram {
  const { token } = client
  const callApi = client.callApi.bind(client)
  client.callApi = async (...call) => {
    try {
      return await callApi(...call)
    } catch (error) {
      if (error instanceof Error) {
        error.message = error.message.replaceAll(token, '[secret]')
        error.stack = error.stack?.replaceAll(token, '[secret]') ?? ''
      }
      throw error
    }
  }
  return client
}
