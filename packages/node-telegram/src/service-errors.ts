import { type CredentialError, ProviderFailure } from '@nebula-credential/core'
import { errorFromCall, failureFromError, failureFromStatus } from '@nebula-credential/outbound'
import { TelegramError } from 'telegraf'
import { z } from 'zod'

export const service = 'Telegram'

// Bot API, "Making requests".
const refusal = z.object({
  error_code: z.number(),
  parameters: z.object({ retry_after: z.number().optional() }).optional(),
})

/** The failure that an unsuccessful answer of the Bot API stands for. */
export function failureFromAnswer(response: Response, json: unknown, now: number): ProviderFailure {
  const { data } = refusal.safeParse(json)
  const isAboutToken = response.status === 404 || data?.error_code === 401
  if (isAboutToken) return refusedToken()
  return failureFromStatus(service, response.status, retryAt(data?.parameters?.retry_after, now))
}

/** What an error of a Telegram client says, in the terms of the manager. Undefined when it is not one of a client's. */
export function explainTelegramError(error: unknown): ProviderFailure | CredentialError | undefined {
  if (error instanceof TelegramError) return explainRefusal(error)
  // node-fetch, which telegraf brings along, exports no class that could be compared with.
  if (!(error instanceof Error) || error.name !== 'FetchError') return undefined
  const { code } = error as { code?: unknown }
  const isBeforeSending = code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN'
  // The client's message quotes the URL, and so the token: only the code may stand as the cause.
  const cause = Object.assign(new Error(error.name), typeof code === 'string' && { code })
  return isBeforeSending
    ? new ProviderFailure('transient', `No connection to ${service}`, { cause, peerDown: true })
    : failureFromError(cause)
}

function explainRefusal({ code, parameters }: TelegramError): ProviderFailure | CredentialError {
  if (typeof code !== 'number') return failureFromError(new Error('something else than documented'))
  // An unknown chat is a 400; a 404 means a token that has not the form of one.
  if (code === 401 || code === 404) return refusedToken()
  if (code === 409) {
    return new ProviderFailure('config', 'Another program polls this bot, or it has a webhook (HTTP 409)')
  }
  return errorFromCall({ service, status: code, retryAt: retryAt(parameters?.retry_after, Date.now()) })
}

function refusedToken(): ProviderFailure {
  return new ProviderFailure('terminal', `${service} does not know the bot's token`)
}

function retryAt(seconds: number | undefined, now: number): number | undefined {
  return seconds === undefined ? undefined : now + seconds * 1000
}
