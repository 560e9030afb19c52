import { type BearerToken, SecretString, secret, type TokenFields } from '@nebula-credential/core'
import { z } from 'zod'

/** What a token endpoint has handed out, with absolute instants in epoch ms. */
export const tokenSet = z.object({
  accessToken: secret(),
  /** The start of the request that returned the access token. */
  obtainedAt: z.number(),
  /** Absent where the token lasts until it is revoked. */
  expiresAt: z.number().optional(),
  /** When the server asks for a refresh. */
  refreshAt: z.number().optional(),
  scope: z.string().optional(),
  refreshToken: secret().optional(),
  /** As received, unverified: never a proof of who somebody is. */
  idToken: secret().optional(),
})
export type TokenSet = z.output<typeof tokenSet>

/** A successful response, RFC 6749 section 5.1. */
export interface TokenResponse {
  readonly access_token: string
  readonly expires_in?: number | undefined
  /** Seconds after which the server asks for a refresh; not registered, but in use. */
  readonly refresh_in?: unknown
  readonly scope?: string | undefined
  readonly refresh_token?: string | undefined
  readonly id_token?: string | undefined
  /** What a provider with a dialect of its own sent, in its own words. */
  readonly body?: Readonly<Record<string, unknown>> | undefined
}

/** The lifetime assumed where a server names none, in ms. */
export const assumedLifetimeMs = 3_600_000

const latestInstant = 8.64e15

/**
 * The tokens after a response. What it leaves out keeps its old value, RFC 6749 section 6: the refresh token, the scope
 * and the ID token. Instants count from the start of the request.
 */
export function mergeTokens(
  previous: TokenSet | undefined,
  response: TokenResponse,
  { startedAt, lifetimeMs }: { readonly startedAt: number; readonly lifetimeMs: number | undefined },
): TokenSet {
  const assumed = lifetimeMs === undefined ? undefined : startedAt + lifetimeMs
  const expiresAt = instantAfter(startedAt, response.expires_in) ?? assumed
  const refreshAt = instantAfter(startedAt, response.refresh_in)
  return {
    accessToken: SecretString.from(response.access_token),
    obtainedAt: startedAt,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(refreshAt !== undefined && refreshAt < (expiresAt ?? latestInstant) && { refreshAt }),
    ...keptOr(previous, 'scope', response.scope),
    ...keptOr(previous, 'refreshToken', secretOf(response.refresh_token)),
    ...keptOr(previous, 'idToken', secretOf(response.id_token)),
  }
}

/**
 * The tokens of a grant that is asked for anew each time, such as RFC 6749 section 4.4. A refresh token has no place in
 * it; a server that names no scope has granted what was asked for.
 */
export function repeatedTokens(
  previous: TokenSet | undefined,
  { refresh_token: _unasked, ...response }: TokenResponse,
  asked: {
    readonly startedAt: number
    readonly scope?: string | undefined
    readonly assumedLifetimeMs?: number | undefined
  },
): TokenSet {
  return mergeTokens(
    previous,
    { ...response, scope: response.scope ?? asked.scope },
    { startedAt: asked.startedAt, lifetimeMs: asked.assumedLifetimeMs ?? assumedLifetimeMs },
  )
}

/** The access token, as `access` returns it. */
export function bearerOf({
  accessToken,
  obtainedAt,
  expiresAt,
  refreshAt,
  scope,
}: TokenSet): TokenFields<BearerToken> {
  return { value: accessToken, obtainedAt, expiresAt, refreshAt, scope }
}

function keptOr<Name extends 'scope' | 'refreshToken' | 'idToken'>(
  previous: TokenSet | undefined,
  name: Name,
  received: TokenSet[Name],
): Pick<TokenSet, Name> | undefined {
  const value = received ?? previous?.[name]
  return value === undefined ? undefined : ({ [name]: value } as Pick<TokenSet, Name>)
}

function secretOf(text: string | undefined): SecretString | undefined {
  return text === undefined || text === '' ? undefined : SecretString.from(text)
}

function instantAfter(start: number, seconds: unknown): number | undefined {
  const given = typeof seconds === 'string' ? Number.parseFloat(seconds) : seconds
  if (typeof given !== 'number' || !Number.isFinite(given) || given < 0) return undefined
  return Math.min(start + given * 1000, latestInstant)
}
