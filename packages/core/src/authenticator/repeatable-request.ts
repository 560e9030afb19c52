import { CredentialError } from '../errors.ts'

/** A request that can be sent as often as it must be, unless its body is a stream that somebody else reads from. */
export class RepeatableRequest {
  readonly isRepeatable: boolean
  /** The caller's own: that of a copy follows it only until the garbage is collected. */
  readonly signal: AbortSignal
  readonly #request: Request
  #taken = false

  constructor(request: Request, isRepeatable: boolean, signal: AbortSignal) {
    this.#request = request
    this.isRepeatable = isRepeatable
    this.signal = signal
  }

  /** What the arguments of a `fetch` ask for. @throws TypeError as `fetch` does, for what is no request */
  static from(
    input: Parameters<typeof globalThis.fetch>[0],
    init: RequestInit | undefined,
  ): RepeatableRequest {
    const isStream = typeof init?.body === 'object' && init.body !== null && Symbol.asyncIterator in init.body
    const request = new Request(input, isStream ? { duplex: 'half', ...init } : init)
    return new RepeatableRequest(request, !isStream, init?.signal ?? request.signal)
  }

  get redirect(): Request['redirect'] {
    return this.#request.redirect
  }

  get method(): string {
    return this.#request.method
  }

  get url(): string {
    return this.#request.url
  }

  get origin(): string {
    return new URL(this.url).origin
  }

  /** A request to send. @throws CredentialError NOT_SUPPORTED when its body was sent already and cannot be again */
  take(): Request {
    if (this.isRepeatable) return this.#request.clone()
    if (this.#taken) {
      throw new CredentialError(
        'NOT_SUPPORTED',
        `${this.origin} redirects a request whose body is a stream, which cannot be sent again; ask for the final URL`,
      )
    }
    this.#taken = true
    return this.#request
  }

  /** The same request to another URL. */
  to(url: string): RepeatableRequest {
    return new RepeatableRequest(new Request(url, this.take()), this.isRepeatable, this.signal)
  }

  /** What a redirect turns a request into whose body it does not want: RFC 9110 section 15.4. */
  asGet(url: string): RepeatableRequest {
    const headers = without(this.#request.headers, [
      'content-encoding',
      'content-language',
      'content-length',
      'content-location',
      'content-type',
    ])
    return new RepeatableRequest(new Request(url, { headers, redirect: this.redirect }), true, this.signal)
  }

  /** The same request without what `fetch` does not take to another origin either. */
  withoutSecrets(): RepeatableRequest {
    const headers = without(this.#request.headers, ['authorization', 'proxy-authorization', 'cookie'])
    return new RepeatableRequest(new Request(this.#request, { headers }), this.isRepeatable, this.signal)
  }
}

function without(headers: Headers, names: readonly string[]): Headers {
  const kept = new Headers(headers)
  for (const name of names) kept.delete(name)
  return kept
}
