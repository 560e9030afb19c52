import { bearerToken, defineCredential, ProviderFailure, secret } from '@nebula-credential/core'
import { z } from 'zod'

const state = z.object({ refreshToken: secret(), accessToken: secret(), expiresAt: z.number() })

/** A provider in this process that replaces the refresh token at each use and, when an old one is used, revokes all. */
export class RotatingProvider {
  requests = 0
  isRevoked = false
  readonly #lifetimeMs: number
  #issued = 0

  constructor(lifetimeMs: number) {
    this.#lifetimeMs = lifetimeMs
  }

  /** The first grant, whose access token has expired. */
  grant() {
    return { ...this.#issue(), expiresAt: Date.now() - 1 }
  }

  /** The credential type of this provider's grants. */
  readonly account = defineCredential({
    type: 'account',
    input: state,
    state,
    token: bearerToken,
    initialize: input => input,
    access: ({ accessToken, expiresAt }) => ({ value: accessToken, expiresAt, obtainedAt: Date.now() }),
    refresh: {
      rotating: () => true,
      peer: () => 'provider',
      perform: async current => {
        this.requests++
        await new Promise(resolve => setTimeout(resolve, 50))
        if (current.refreshToken.expose() !== `refresh ${this.#issued}`) this.isRevoked = true
        if (this.isRevoked) throw new ProviderFailure('terminal', 'invalid_grant')
        return state.parse(this.#issue())
      },
    },
  })

  #issue() {
    const number = ++this.#issued
    const expiresAt = Date.now() + this.#lifetimeMs
    return { refreshToken: `refresh ${number}`, accessToken: `access ${number}`, expiresAt }
  }
}
