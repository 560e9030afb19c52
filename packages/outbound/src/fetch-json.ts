import { type CredentialEnvironment, ProviderFailure } from '@nebula-credential/core'
import { failureFromError } from './failure-from-error.ts'
import { failureFromResponse } from './failure-from-response.ts'
import { outboundFetch } from './outbound-fetch.ts'

export interface JsonRequest<Answer> extends Pick<RequestInit, 'method' | 'headers' | 'body'> {
  readonly url: string | URL
  /** What a successful answer looks like, a zod schema for example. */
  readonly answer: { parse(json: unknown): Answer }
  /**
   * The failure that an unsuccessful answer stands for, where the service says more than its status does. `json` is
   * undefined when the body is not JSON, `now` is in epoch ms. Undefined: by status alone.
   */
  failure?(response: Response, json: unknown, now: number): ProviderFailure | undefined
}

/** What a call needs to know: the environment of a credential type, or the context of an action. */
export type JsonEnvironment = Pick<CredentialEnvironment, 'fetch' | 'signal'> &
  Partial<Pick<CredentialEnvironment, 'startedAt'>>

/** A JSON document, with the headers that came along. */
export interface JsonAnswer<Answer> {
  readonly json: Answer
  readonly headers: Headers
}

/** As {@link requestJson}, where the headers do not matter. */
export async function fetchJson<Answer>(
  environment: JsonEnvironment,
  request: JsonRequest<Answer>,
): Promise<Answer> {
  return (await requestJson(environment, request)).json
}

/**
 * Asks a service for a JSON document, for the calls of a credential type, or of an action without an SDK.
 *
 * @throws ProviderFailure by the answer's status; transient when a successful answer is not the document that it
 * should be, which is what proxies and captive portals send; without the body, the URL or a header in any message
 */
export async function requestJson<Answer>(
  environment: JsonEnvironment,
  { url, answer, failure, method, headers, body }: JsonRequest<Answer>,
): Promise<JsonAnswer<Answer>> {
  const request = {
    signal: environment.signal,
    ...(method !== undefined && { method }),
    ...(headers !== undefined && { headers }),
    ...(body !== undefined && { body }),
  }
  const response = await outboundFetch(environment)(url, request).catch(rejectAsFailure)
  const json = parsed(await response.text().catch(rejectAsFailure))
  const now = environment.startedAt ?? Date.now()
  const failed =
    (response.ok ? undefined : failure?.(response, json, now)) ?? failureFromResponse(response, now)
  if (failed !== undefined) throw failed
  try {
    return { json: answer.parse(json), headers: response.headers }
  } catch {
    // The parser's error quotes the answer.
    const { host } = new URL(url)
    throw new ProviderFailure('transient', `${host} answered with something else than documented`)
  }
}

function rejectAsFailure(error: unknown): never {
  throw failureFromError(error)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
