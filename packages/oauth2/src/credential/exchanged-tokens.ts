import {
  type BearerToken,
  bearerToken,
  CredentialError,
  isCredentialError,
  ProviderFailure,
  type TokenRequest,
  type TokenSource,
} from '@nebula-credential/core'
import { z } from 'zod'
import { type FlowEnvironment, flowEnvironment } from '../flow/flow-environment.ts'
import { TokenEndpoint } from '../token-endpoint/token-endpoint.ts'
import { bearerOf, repeatedTokens } from '../token-endpoint/token-set.ts'
import { whileWanted } from '../token-endpoint/while-wanted.ts'
import { exchanged, exchangeInput } from './oauth2-token-exchange.ts'

const terms = exchangeInput.omit({ subject: true })

/** What tokens are exchanged for: all of `oauth2TokenExchange`'s input but the subject. */
export type ExchangeTerms = z.input<typeof terms>

const defaultMinValidityMs = 30_000
const mostOfLifetime = 0.8
const requestLimitMs = 15_000

/**
 * Tokens that a server gives in exchange for another credential's, RFC 8693. They keep up with it: when that credential
 * has a new token, or theirs ends, they are exchanged again. Kept in memory only.
 *
 * Its methods reject with what the source throws; REAUTHORIZATION_REQUIRED when the server takes no token of it;
 * PROVIDER_REJECTED, PROVIDER_UNAVAILABLE.
 *
 * @throws CredentialError CONFIG_INVALID naming what is malformed
 * @example
 * const reports = exchangedTokens(acme.tokenSource(userId), { server, client, audience: 'reports' })
 * const fetch = authenticatedFetch(reports, httpBearer)
 */
export function exchangedTokens(
  source: TokenSource<BearerToken>,
  given: ExchangeTerms,
  environment: Pick<FlowEnvironment, 'fetch'> = {},
): TokenSource<BearerToken> {
  const decoded = z.safeDecode(terms, given)
  if (decoded.success) return new ExchangedTokens(source, decoded.data, environment)
  const paths = decoded.error.issues.map(issue => issue.path.join('.') || 'the whole')
  throw new CredentialError('CONFIG_INVALID', `The exchange is not valid: check ${paths.join(', ')}`)
}

interface Exchange {
  /** The generation of the token that was handed in. */
  readonly generation: number
  readonly token: Promise<BearerToken>
}

class ExchangedTokens implements TokenSource<BearerToken> {
  readonly #source: TokenSource<BearerToken>
  readonly #terms: z.output<typeof terms>
  readonly #environment: Pick<FlowEnvironment, 'fetch'>
  #last: Exchange | undefined
  #made = 0

  constructor(
    source: TokenSource<BearerToken>,
    given: z.output<typeof terms>,
    environment: Pick<FlowEnvironment, 'fetch'>,
  ) {
    this.#source = source
    this.#terms = given
    this.#environment = environment
  }

  async getToken({ minValidityMs, signal }: TokenRequest = {}): Promise<BearerToken> {
    const from = await this.#source.getToken({ signal })
    const wanted = signal ?? new AbortController().signal
    const { generation } = from
    const last = this.#last
    if (last?.generation === generation) {
      const token = await whileWanted(last.token, wanted)
      if (isValid(token, minValidityMs)) return token
      // Another caller may have seen to it meanwhile.
      if (this.#last !== last) return this.getToken({ minValidityMs, signal })
    }
    return whileWanted(this.#exchange(from), wanted)
  }

  async reportRejected(rejected: BearerToken): Promise<BearerToken> {
    const last = this.#last
    const token = await last?.token.catch(() => undefined)
    if (token?.generation === rejected.generation && this.#last === last) this.#last = undefined
    return this.getToken()
  }

  #exchange(from: BearerToken): Promise<BearerToken> {
    const exchange = { generation: from.generation, token: this.#renewed(from) }
    this.#last = exchange
    exchange.token.catch(() => {
      if (this.#last === exchange) this.#last = undefined
    })
    return exchange.token
  }

  /** A token of the source that the server does not take may have ended early: what replaces it is tried, once. */
  async #renewed(from: BearerToken): Promise<BearerToken> {
    try {
      return await this.#ask(from).catch(async error => {
        if (!(error instanceof ProviderFailure) || error.kind !== 'terminal') throw error
        return this.#ask(await this.#source.reportRejected(from))
      })
    } catch (error) {
      throw errorOf(error)
    }
  }

  async #ask({ value }: BearerToken): Promise<BearerToken> {
    const environment = flowEnvironment({ ...this.#environment, signal: AbortSignal.timeout(requestLimitMs) })
    const endpoint = await TokenEndpoint.open(this.#terms, environment)
    const response = await exchanged(endpoint, { ...this.#terms, subject: { token: value } })
    const { startedAt } = environment
    const tokens = repeatedTokens(undefined, response, { ...this.#terms, startedAt })
    return bearerToken.mint(bearerOf(tokens), ++this.#made)
  }
}

function isValid({ expiresAt, obtainedAt = 0 }: BearerToken, minValidityMs = defaultMinValidityMs): boolean {
  if (expiresAt === undefined) return true
  const now = Date.now()
  return expiresAt - now > Math.min(minValidityMs, (expiresAt - obtainedAt) * (1 - mostOfLifetime))
}

const codes = {
  terminal: 'REAUTHORIZATION_REQUIRED',
  config: 'PROVIDER_REJECTED',
  transient: 'PROVIDER_UNAVAILABLE',
  unknown: 'PROVIDER_UNAVAILABLE',
} as const

function errorOf(error: unknown): unknown {
  if (isCredentialError(error) || !(error instanceof ProviderFailure)) return error
  const { kind, message, retryAt } = error
  return new CredentialError(codes[kind], `The token could not be exchanged (${message})`, {
    cause: error,
    retryAt,
  })
}
