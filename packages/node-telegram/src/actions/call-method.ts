import type { Telegram } from 'telegraf'
import type { Telegram as Methods, Opts } from 'telegraf/types'

/** Any of a method's parameters may be undefined, which leaves it out. */
type Parameters<Method extends keyof Methods> = {
  readonly [Name in keyof Opts<Method>]: Opts<Method>[Name] | undefined
}

/** Calls a method of the Bot API, until the signal aborts. */
export function callMethod<Method extends keyof Methods>(
  bot: Telegram,
  method: Method,
  parameters: Parameters<Method>,
  signal: AbortSignal,
): Promise<ReturnType<Methods[Method]>> {
  // The client's declarations name another AbortSignal than the platform's, and works with both.
  return bot.callApi(method, parameters as Opts<Method>, { signal: signal as never })
}
