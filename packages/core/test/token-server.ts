import { z } from 'zod'
import {
  bearerToken,
  type CredentialEnvironment,
  type CredentialError,
  defineCredential,
  ProviderFailure,
  secret,
} from '../src/index.ts'

const state = z.object({
  accessToken: secret(),
  refreshToken: secret(),
  expiresAt: z.number(),
  obtainedAt: z.number(),
})

/** What a request to the token server does instead of answering. */
export type Disturbance =
  | { readonly fail: ProviderFailure | CredentialError }
  /** The server grants, and the answer is lost. */
  | { readonly loseAnswer: true }
  /** The server answers when the promise settles. */
  | { readonly hold: Promise<void> }

/**
 * A token server in this process, with one account. It rotates refresh tokens, and revokes the family when one is
 * used twice, as RFC 9700 section 4.14.2 wants.
 */
export class TokenServer {
  readonly lifetimeMs: number
  /** Every refresh token presented, in order, and how it was answered. */
  readonly requests: ('granted' | 'invalid_grant' | 'failed')[] = []
  familyRevoked = false
  readonly revokedTokens: string[] = []
  /** What is known of an access token: read by `verify`. */
  refuseAccess = false
  readonly #rotating: boolean
  readonly #disturbances: Disturbance[] = []
  #serial = 1

  constructor(options: { readonly lifetimeMs?: number; readonly rotating?: boolean } = {}) {
    this.lifetimeMs = options.lifetimeMs ?? 3_600_000
    this.#rotating = options.rotating ?? true
  }

  /** The input of a credential made from tokens that exist. */
  grant(now: number): { accessToken: string; refreshToken: string; obtainedAt: number; expiresAt: number } {
    return this.#tokens(now)
  }

  /** What the next requests do, in order. */
  disturb(...disturbances: readonly Disturbance[]): void {
    this.#disturbances.push(...disturbances)
  }

  get grants(): number {
    return this.requests.filter(answer => answer === 'granted').length
  }

  async refresh(refreshToken: string, environment: CredentialEnvironment) {
    const disturbance = this.#disturbances.shift()
    if (disturbance !== undefined && 'hold' in disturbance) await disturbance.hold
    if (disturbance !== undefined && 'fail' in disturbance) {
      this.requests.push('failed')
      throw disturbance.fail
    }
    if (this.familyRevoked || refreshToken !== this.#refreshToken()) {
      this.familyRevoked = true
      this.requests.push('invalid_grant')
      throw new ProviderFailure('terminal', 'invalid_grant')
    }
    if (this.#rotating) this.#serial++
    this.requests.push('granted')
    if (disturbance !== undefined && 'loseAnswer' in disturbance) {
      throw new ProviderFailure('unknown', 'the connection was reset')
    }
    return this.#tokens(environment.startedAt)
  }

  #refreshToken(): string {
    return `sentinel-refresh-${this.#serial}`
  }

  #tokens(now: number) {
    return {
      accessToken: `sentinel-access-${this.requests.length}`,
      refreshToken: this.#refreshToken(),
      obtainedAt: now,
      expiresAt: now + this.lifetimeMs,
    }
  }
}

/** A credential type of a token server's account. */
export function accountOf(server: TokenServer, options: { readonly rotating?: boolean } = {}) {
  return defineCredential({
    type: 'account',
    input: state,
    state,
    token: bearerToken,
    initialize: input => input,
    access: ({ accessToken, expiresAt, obtainedAt }) => ({ value: accessToken, expiresAt, obtainedAt }),
    refresh: {
      rotating: options.rotating ?? true,
      peer: () => 'https://token-server.example client-1',
      perform: async (current, environment) =>
        state.parse(await server.refresh(current.refreshToken.expose(), environment)),
    },
    async verify() {
      if (server.refuseAccess) throw new ProviderFailure('terminal', 'the token was refused')
      return { account: { id: 'account-1', label: 'sentinel-label' } }
    },
    async revoke(current) {
      server.revokedTokens.push(current.refreshToken.expose())
    },
  })
}
