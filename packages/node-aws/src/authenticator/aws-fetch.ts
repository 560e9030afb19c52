import type { LiveAuthenticator, TokenSource } from '@nebula-credential/core'
import { outboundFetch } from '@nebula-credential/outbound'
import { endpointOf } from '../aws-location.ts'
import type { AwsToken } from '../aws-token.ts'
import { refusesToken } from '../service-errors.ts'
import { ServerClock } from '../signing/server-clock.ts'
import type { PayloadSigning } from '../signing/sign-request.ts'
import { type AwsSigV4Options, awsSigV4 } from './aws-sig-v4.ts'

export interface AwsFetchOptions extends Omit<AwsSigV4Options, 'now'> {
  /** Default `hashed`. */
  readonly payload?: PayloadSigning
  /** Sends the signed requests. Default: the guarded fetch of `@nebula-credential/outbound`. */
  readonly fetch?: typeof globalThis.fetch
}

export interface AwsRequestInit extends RequestInit {
  /** Sends this request, instead of the one in the options. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** As `fetch`; a text that begins with a slash is a path at the credential's endpoint of the service. */
export type AwsFetch = (input: string | URL | Request, init?: AwsRequestInit) => Promise<Response>

/**
 * A `fetch` that signs every request with the token that is valid now. It sends a request once more when the service
 * refused the token and there is a newer one, and when this machine's clock is wrong (RequestTimeTooSkewed), by the
 * service's time from then on. A body that is not read for signing is never sent twice.
 *
 * @example
 * const s3 = await acme.client(id, awsFetch({ service: 's3' }))
 * const response = await s3('/reports/2026.csv')
 */
export function awsFetch(options: AwsFetchOptions): LiveAuthenticator<void, AwsFetch, AwsToken> {
  return {
    name: 'awsFetch',
    kind: 'aws',
    live: true,
    authenticate(_, source) {
      const clock = new ServerClock()
      return (input, init) => new SignedCall(options, source, clock).send(input, init)
    },
  }
}

class SignedCall {
  readonly #options: AwsFetchOptions
  readonly #source: TokenSource<AwsToken>
  readonly #clock: ServerClock

  constructor(options: AwsFetchOptions, source: TokenSource<AwsToken>, clock: ServerClock) {
    this.#options = options
    this.#source = source
    this.#clock = clock
  }

  async send(input: string | URL | Request, { fetch, ...init }: AwsRequestInit = {}): Promise<Response> {
    const { signal } = init
    const token = await this.#source.getToken({ signal: signal ?? undefined })
    const request = new Request(this.#absolute(input, token), init)
    const body = await this.#bodyOf(request)
    const attempt = (current: AwsToken) => this.#attempt(copyOf(request, body), current, { fetch, signal })

    const first = await attempt(token)
    const clockWasWrong = this.#clock.learnFrom(first)
    if (body === 'unread') return first
    const response = clockWasWrong ? await instead(first, () => attempt(token)) : first
    if (!(await refusesToken(response))) return response
    return instead(response, async () => attempt(await this.#source.reportRejected(token)))
  }

  async #attempt(
    request: Request,
    token: AwsToken,
    given: Pick<AwsRequestInit, 'fetch'> & { readonly signal: AbortSignal | null | undefined },
  ) {
    const { fetch = outboundFetch({}), payload = 'hashed', ...scope } = this.#options
    const signer = awsSigV4({ ...scope, payload, now: () => this.#clock.now() })
    const signed = await signer.authenticate(request, token)
    // The caller's own signal: that of a copy follows it only until the garbage is collected.
    return (given.fetch ?? fetch)(signed, given.signal ? { signal: given.signal } : undefined)
  }

  #absolute(input: string | URL | Request, token: AwsToken): string | URL | Request {
    if (typeof input !== 'string' || !input.startsWith('/')) return input
    const endpoint = endpointOf(token, this.#options.service)
    return `${endpoint.origin}${endpoint.pathname.replace(/\/$/, '')}${input}`
  }

  /** The bytes that are signed, and can be sent again. */
  async #bodyOf(request: Request): Promise<Uint8Array<ArrayBuffer> | 'unread' | null> {
    if (request.body === null) return null
    const { payload = 'hashed' } = this.#options
    const isRead = payload === 'hashed' && !request.headers.has('x-amz-content-sha256')
    return isRead ? new Uint8Array(await request.arrayBuffer()) : 'unread'
  }
}

function copyOf(request: Request, body: Uint8Array<ArrayBuffer> | 'unread' | null): Request {
  if (body === 'unread') return request
  const { url, method, headers, redirect, signal } = request
  return new Request(url, { method, headers, redirect, signal, body })
}

async function instead(refused: Response, next: () => Promise<Response>): Promise<Response> {
  await refused.body?.cancel()
  return next()
}
