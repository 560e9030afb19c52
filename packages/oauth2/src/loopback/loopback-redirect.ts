import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CredentialError } from '@nebula-credential/core'
import { outcomePage, pageHeaders } from './outcome-page.ts'

export interface LoopbackRedirectOptions {
  /** The path. Default a random one; some servers take none but the path that was registered with them. */
  readonly path?: string
  /** The port. Default a free one, which servers must accept, RFC 8252 section 7.3. */
  readonly port?: number
  /** How long to wait for the callback from now, in ms. Default 300,000. */
  readonly timeoutMs?: number
  /** Ends the wait. */
  readonly signal?: AbortSignal
  /** What the page calls the program. Default "the program". */
  readonly program?: string
}

/**
 * Listens on 127.0.0.1 for the one callback of a redirect, RFC 8252 section 7.3: for programs without a server.
 *
 * @throws CredentialError CONFIG_INVALID when the port is taken or the path is none; the signal's reason
 * @example
 * await using redirect = await startLoopbackRedirect()
 * const begun = await manager.beginAuthorization(providers.google, { client, redirectUri: redirect.uri })
 * console.log('Visit', begun.interaction.url)
 * const id = await manager.resumeAuthorization(await redirect.waitForCallback(), begun)
 */
export async function startLoopbackRedirect(
  options: LoopbackRedirectOptions = {},
): Promise<LoopbackRedirect> {
  const { path = `/${randomBytes(16).toString('base64url')}`, port = 0, signal } = options
  signal?.throwIfAborted()
  if (!/^(?:\/[\w.~-]+)+$/.test(path)) {
    throw new CredentialError('CONFIG_INVALID', 'The path of a loopback redirect must look like /callback')
  }
  const server = createServer()
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  ).catch((cause: unknown) => {
    throw new CredentialError(
      'CONFIG_INVALID',
      `Port ${port} of 127.0.0.1 cannot be listened on; choose another`,
      {
        cause,
      },
    )
  })
  return new LoopbackRedirect(server, path, options)
}

const defaultTimeoutMs = 300_000

/** The end of a redirect on this machine. It ends with its block, or by `close`. */
export class LoopbackRedirect implements AsyncDisposable {
  /** The redirect URI to begin an authorization with. */
  readonly uri: string
  readonly #server: Server
  readonly #program: string
  readonly #host: string
  readonly #path: string
  readonly #callback = Promise.withResolvers<URL>()
  readonly #stopWaiting = new AbortController()
  #isUsed = false

  /** @internal Use {@link startLoopbackRedirect}. */
  constructor(server: Server, path: string, options: LoopbackRedirectOptions) {
    const { timeoutMs = defaultTimeoutMs, signal, program = 'the program' } = options
    this.#server = server
    this.#program = program
    this.#host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    this.#path = path
    this.uri = `http://${this.#host}${path}`
    // Whoever waits gets the rejection; without anybody it is none of the process's.
    this.#callback.promise.catch(() => {})
    const until = { once: true, signal: this.#stopWaiting.signal }
    signal?.addEventListener('abort', () => this.#end(signal.reason), until)
    const timeout = setTimeout(() => this.#end(tooLate()), timeoutMs)
    this.#stopWaiting.signal.addEventListener('abort', () => clearTimeout(timeout))
    server.on('request', (request, response) => this.#answer(request, response))
  }

  /**
   * The callback that the person's browser made, for `resumeAuthorization`, which checks it. Secret: it has the code.
   *
   * @throws CredentialError FLOW_EXPIRED when none came in time, CLOSED; the signal's reason
   */
  waitForCallback(): Promise<URL> {
    return this.#callback.promise
  }

  /** Stops listening. */
  async close(): Promise<void> {
    this.#end(new CredentialError('CLOSED', 'The loopback redirect was closed before its callback came'))
    await new Promise(resolve => {
      this.#server.close(resolve)
      this.#server.closeAllConnections()
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #end(reason: unknown): void {
    this.#stopWaiting.abort()
    this.#callback.reject(reason)
    this.#server.close()
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = URL.parse(request.url ?? '', `http://${this.#host}`)
    const refusal = this.#refusal(request, url)
    if (refusal !== undefined || url === null) {
      this.#show(response, refusal ?? 404, 'unknown')
      return
    }
    if (this.#isUsed) {
      this.#show(response, 410, 'used')
      return
    }
    this.#isUsed = true
    this.#stopWaiting.abort()
    // The person sees the page before the program goes on and perhaps ends.
    response.once('close', () => this.#callback.resolve(url))
    this.#show(response, 200, url.searchParams.has('error') ? 'refused' : 'arrived')
  }

  /** The status for a request that is no callback of a person's browser. */
  #refusal({ method, headers }: IncomingMessage, url: URL | null): number | undefined {
    // A page elsewhere that has let its own name point here.
    if (headers.host !== this.#host || url?.host !== this.#host) return 421
    if (url.pathname !== this.#path) return 404
    if (method !== 'GET') return 405
    // A page elsewhere that fetches instead of a person who comes here.
    const { 'sec-fetch-site': site, 'sec-fetch-mode': mode } = headers
    if (site !== undefined && mode !== 'navigate') return 403
    if (!url.searchParams.has('state')) return 400
    return undefined
  }

  #show(response: ServerResponse, status: number, outcome: Parameters<typeof outcomePage>[0]): void {
    response.writeHead(status, status === 405 ? { ...pageHeaders, allow: 'GET' } : pageHeaders)
    response.end(outcomePage(outcome, this.#program))
  }
}

function tooLate(): CredentialError {
  return new CredentialError('FLOW_EXPIRED', 'No callback came in time; begin again')
}
