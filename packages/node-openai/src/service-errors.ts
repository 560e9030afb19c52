import { type CredentialError, ProviderFailure } from '@nebula-credential/core'
import {
  errorFromCall,
  failureFromError,
  failureFromStatus,
  parseRetryAfter,
} from '@nebula-credential/outbound'
import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai'
import { z } from 'zod'

export const service = 'OpenAI'

const refusal = z.object({ error: z.object({ code: z.string().nullish() }) })

/** The failure that an unsuccessful answer of the API stands for. */
export function failureFromAnswer(response: Response, json: unknown, now: number): ProviderFailure {
  const code = refusal.safeParse(json).data?.error.code
  if (isOutOfMoney(response.status, code)) return outOfMoney()
  return failureFromStatus(
    service,
    response.status,
    parseRetryAfter(response.headers.get('retry-after'), now),
  )
}

/** What an error of an OpenAI client says, in the terms of the manager. Undefined when it is not one of a client's. */
export function explainOpenaiError(error: unknown): ProviderFailure | CredentialError | undefined {
  // A body that is no JSON comes out of the client as the parser's error, which quotes it.
  if (error instanceof SyntaxError) return unreadable()
  if (!(error instanceof APIError) || error instanceof APIUserAbortError) return undefined
  if (error instanceof APIConnectionTimeoutError) return failureFromError(new Error('time-out'))
  if (error instanceof APIConnectionError) return failureFromError(error.cause)
  const { status, code, headers } = error as APIError<number | undefined, Headers | undefined>
  // An error within a stream has no status.
  if (status === undefined) return unreadable()
  if (isOutOfMoney(status, code)) return outOfMoney()
  const retryAt = parseRetryAfter(headers?.get('retry-after'), Date.now())
  return errorFromCall({ service, status, retryAt })
}

/** A 429 that waiting does not mend. */
function isOutOfMoney(status: number, code: string | null | undefined): boolean {
  return status === 429 && code === 'insufficient_quota'
}

function outOfMoney(): ProviderFailure {
  return new ProviderFailure('config', `the account has no credit left at ${service} (insufficient_quota)`)
}

function unreadable(): ProviderFailure {
  return new ProviderFailure('unknown', `${service} broke off its answer, or sent something else`)
}
