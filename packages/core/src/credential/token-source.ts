import type { AccessToken } from './token-kind.ts'

export interface TokenRequest {
  /** How long the token must still be valid, in milliseconds. */
  readonly minValidityMs?: number | undefined
  /** Ends this caller's wait; shared work goes on. */
  readonly signal?: AbortSignal | undefined
}

/** Hands out the token that is valid now. What long-lived clients hold instead of a token. */
export interface TokenSource<Token extends AccessToken = AccessToken> {
  getToken(request?: TokenRequest): Promise<Token>
  /** Says that the service refused this token, and returns the one to use now. */
  reportRejected(token: Token): Promise<Token>
}

/** A source that always hands out one token: it goes stale when the token does. */
export function fixedSource<Token extends AccessToken>(token: Token): TokenSource<Token> {
  return { getToken: async () => token, reportRejected: async rejected => rejected }
}
