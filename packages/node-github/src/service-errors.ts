import { type CredentialError, ProviderFailure } from '@nebula-credential/core'
import {
  errorFromCall,
  failureFromError,
  failureFromStatus,
  parseRetryAfter,
} from '@nebula-credential/outbound'
import { z } from 'zod'

export const service = 'GitHub'

// "If neither header is there, wait for at least one minute": REST API, Rate limits.
const leastPauseMs = 60_000

const refusal = z.object({ documentation_url: z.string().optional() })

/** What GitHub answered, as far as errors are concerned. */
interface Refusal {
  readonly status: number
  header(name: string): string | null
  readonly body: unknown
}

/** The failure that an unsuccessful answer to a call of ours stands for. */
export function failureFromAnswer(response: Response, json: unknown, now: number): ProviderFailure {
  const { status, headers } = response
  return (
    rateLimit({ status, header: name => headers.get(name), body: json }, now) ??
    failureFromStatus(service, status, parseRetryAfter(headers.get('retry-after'), now))
  )
}

/** What an error of an Octokit says, in the terms of the manager. Undefined when it is not one of an Octokit's. */
export function explainOctokitError(error: unknown): ProviderFailure | CredentialError | undefined {
  if (!isRequestError(error)) return undefined
  const { status, response, cause } = error
  if (response === undefined) return failureFromError(cause)
  const { headers, data } = response
  const header = (name: string) => headers[name] ?? null
  const now = Date.now()
  const limited = rateLimit({ status, header, body: data }, now)
  return limited ?? errorFromCall({ service, status, retryAt: parseRetryAfter(header('retry-after'), now) })
}

/** The primary limit says so in headers; a secondary one may say so by its link to the documentation alone. */
function rateLimit({ status, header, body }: Refusal, now: number): ProviderFailure | undefined {
  if (status !== 403 && status !== 429) return undefined
  const retryAt = parseRetryAfter(header('retry-after'), now) ?? resetOf(header)
  const link = refusal.safeParse(body).data?.documentation_url ?? ''
  if (status === 403 && retryAt === undefined && !/rate-limit/.test(link)) return undefined
  return new ProviderFailure('transient', `${service} limits how often it is asked (HTTP ${status})`, {
    retryAt: retryAt ?? now + leastPauseMs,
  })
}

/** When a spent limit is renewed, in epoch ms. */
function resetOf(header: Refusal['header']): number | undefined {
  const reset = Number(header('x-ratelimit-reset'))
  return header('x-ratelimit-remaining') === '0' && reset > 0 ? reset * 1000 : undefined
}

interface RequestError extends Error {
  readonly status: number
  readonly response?: { readonly headers: Record<string, string | undefined>; readonly data: unknown }
}

// Octokits of several versions may be about, each with a class of its own.
function isRequestError(error: unknown): error is RequestError {
  return error instanceof Error && error.name === 'HttpError' && 'status' in error
}
