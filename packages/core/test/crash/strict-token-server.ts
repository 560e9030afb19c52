import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface FamilyOptions {
  /** Whether a refresh replaces the refresh token; using a replaced one then ends the family. Default true. */
  readonly rotating?: boolean
  /** For how long after a refresh the replaced token is accepted once more, in milliseconds. Default 0. */
  readonly graceMs?: number
  /** The lifetime of access tokens, in milliseconds. Default an hour. */
  readonly lifetimeMs?: number
}

/** What the next request of a family meets. */
export type Disturbance =
  /** 503, and nothing has happened. */
  | 'unavailable'
  /** The server acts at once, and answers when it is let. */
  | 'hold answer'

/** The tokens that follow from one consent, and what was asked for them. */
export class Family {
  readonly id: string
  readonly options: FamilyOptions
  granted = 0
  /** How often `invalid_grant` was answered. */
  refused = 0
  revoked = false
  readonly disturbances: Disturbance[] = []
  /** Resolves when an answer is held. */
  held = Promise.withResolvers<void>()
  /** Lets a held answer go. */
  release: () => void = () => {}
  #serial = 1
  #replacedAt = Number.NEGATIVE_INFINITY
  readonly #accessTokens = new Map<string, number>()

  constructor(id: string, options: FamilyOptions) {
    this.id = id
    this.options = options
  }

  /** Whether a resource server would accept an access token now. */
  accepts(accessToken: string): boolean {
    return !this.revoked && Date.now() < (this.#accessTokens.get(accessToken) ?? 0)
  }

  /** A first pair of tokens, whose access token has so many milliseconds left of its lifetime. */
  issue(leftMs: number) {
    const { lifetimeMs = 3_600_000 } = this.options
    return { ...this.#tokens(leftMs), obtainedAt: Date.now() + leftMs - lifetimeMs }
  }

  /** The answer to a refresh token, or undefined for `invalid_grant`. */
  refresh(refreshToken: string) {
    if (!this.#takes(refreshToken)) {
      this.refused++
      this.revoked = true
      return undefined
    }
    if (this.options.rotating ?? true) {
      this.#serial++
      this.#replacedAt = Date.now()
    }
    this.granted++
    return this.#tokens(this.options.lifetimeMs ?? 3_600_000)
  }

  #takes(refreshToken: string): boolean {
    if (this.revoked) return false
    if (refreshToken === this.#refreshToken()) return true
    const inGrace = Date.now() < this.#replacedAt + (this.options.graceMs ?? 0)
    return inGrace && refreshToken === `${this.id} refresh ${this.#serial - 1}`
  }

  #refreshToken(): string {
    return `${this.id} refresh ${this.#serial}`
  }

  #tokens(leftMs: number) {
    const accessToken = `${this.id} access ${this.#accessTokens.size + 1}`
    const expiresAt = Date.now() + leftMs
    this.#accessTokens.set(accessToken, expiresAt)
    return { accessToken, refreshToken: this.#refreshToken(), expiresAt }
  }
}

/**
 * A token server on loopback, with any number of families of tokens: it rotates refresh tokens and ends the family
 * when a replaced one is used again (RFC 9700 section 4.14.2). It answers within a millisecond, and remembers all.
 */
export class StrictTokenServer implements AsyncDisposable {
  readonly #server: Server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy())
  })
  readonly #families = new Map<string, Family>()

  static async start(): Promise<StrictTokenServer> {
    const server = new StrictTokenServer()
    await new Promise<void>(resolve => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  family(options: FamilyOptions = {}): Family {
    const family = new Family(`f${this.#families.size + 1}`, options)
    this.#families.set(family.id, family)
    return family
  }

  /** Where the tokens of a family are refreshed. */
  urlOf(family: Family): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${family.id}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // First no new connection, then none at all: one that comes in between would be waited for.
    const closed = new Promise(resolve => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refreshToken = await text(request)
    const family = this.#families.get((request.url ?? '').slice(1))
    const disturbance = family?.disturbances.shift()
    if (family === undefined || disturbance === 'unavailable') {
      response.writeHead(503).end()
      return
    }
    const tokens = family.refresh(refreshToken)
    if (disturbance === 'hold answer') {
      await new Promise<void>(resolve => {
        family.release = resolve
        family.held.resolve()
      })
    }
    response.writeHead(tokens ? 200 : 400).end(JSON.stringify(tokens ?? { error: 'invalid_grant' }))
  }
}
