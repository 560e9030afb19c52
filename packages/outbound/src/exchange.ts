import { CredentialError, ProviderFailure } from '@nebula-credential/core'
import { type Agent, type Response as UndiciResponse, fetch as undiciFetch } from 'undici'
import type { Deadline } from './deadline.ts'
import { ConnectFailure } from './guarded-agent.ts'
import { limitedBody } from './limited-body.ts'
import { printableCause } from './printable-cause.ts'
import { sentRecorder } from './sent-recorder.ts'
import { wantedBody } from './wanted-body.ts'

/** One request and its response, and what their errors mean. */
export class Exchange {
  readonly #url: URL
  readonly #deadline: Deadline
  #sent = false

  constructor(url: URL, deadline: Deadline) {
    this.#url = url
    this.#deadline = deadline
  }

  async send(agent: Agent, init: RequestInit): Promise<UndiciResponse> {
    try {
      return await undiciFetch(this.#url, {
        ...(init as object),
        ...(init.body instanceof ReadableStream && { body: wantedBody(init.body, this.#deadline.signal) }),
        redirect: 'manual',
        signal: this.#deadline.signal,
        dispatcher: agent.compose(
          sentRecorder(() => {
            this.#sent = true
          }),
        ),
      })
    } catch (error) {
      this.#deadline.clear()
      throw this.#meaning(error)
    }
  }

  async drop(response: UndiciResponse): Promise<void> {
    this.#deadline.clear()
    await response.body?.cancel().catch(() => {})
  }

  /** The response as the platform's own class, so that `instanceof Response` holds. */
  answer(response: UndiciResponse, maxBytes: number): Response {
    const body = response.body && this.#limited(response.body as ReadableStream<Uint8Array>, maxBytes)
    if (body === null) this.#deadline.clear()
    const { status, statusText } = response
    const answer = new Response(body, { status, statusText, headers: [...response.headers] })
    return Object.defineProperty(answer, 'url', { value: response.url })
  }

  #limited(body: ReadableStream<Uint8Array>, maxBytes: number): ReadableStream<Uint8Array> {
    return limitedBody(body, {
      maxBytes,
      tooLong: () =>
        new ProviderFailure('unknown', `${this.#url.host} answered with more than ${maxBytes} bytes`),
      interrupted: error => this.#meaning(error),
      ended: () => this.#deadline.clear(),
    })
  }

  #meaning(error: unknown): unknown {
    const { host } = this.#url
    if (this.#deadline.expired) {
      return this.#sent
        ? new ProviderFailure('unknown', `${host} did not finish its answer in time`)
        : new ProviderFailure('transient', `No connection to ${host} in time`, { peerDown: true })
    }
    if (this.#deadline.signal.aborted) return this.#deadline.signal.reason
    const reason = error instanceof TypeError && error.cause !== undefined ? error.cause : error
    if (reason instanceof ConnectFailure) {
      if (reason.cause instanceof CredentialError) return reason.cause
      const cause = printableCause(reason.cause)
      return new ProviderFailure('transient', `No connection to ${host}`, { cause, peerDown: true })
    }
    const cause = printableCause(reason)
    if (this.#sent) return new ProviderFailure('unknown', `The answer of ${host} was lost`, { cause })
    return new CredentialError(
      'CONFIG_INVALID',
      `The request to ${host} could not be made: check its port and headers`,
      {
        cause,
      },
    )
  }
}
