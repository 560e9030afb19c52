import {
  bearerToken,
  type CredentialEnvironment,
  defineCredential,
  ProviderFailure,
  type Secret,
  secret,
} from '@nebula-credential/core'
import { z } from 'zod'
import { rememberErrorCode } from '../token-endpoint/error-code.ts'
import { TokenEndpoint } from '../token-endpoint/token-endpoint.ts'
import {
  assumedLifetimeMs,
  bearerOf,
  mergeTokens,
  type TokenResponse,
  type TokenSet,
} from '../token-endpoint/token-set.ts'
import { grantPeer, grantState, registrationInput } from './grant-state.ts'
import { revokeGrant } from './revoke-grant.ts'
import { verifyGrant } from './verify-grant.ts'

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange'

const tokenType = z.url().optional()

/** A token that is handed in, RFC 8693 section 2.1. */
const handedIn = z.strictObject({
  token: secret(),
  /** An identifier of RFC 8693 section 3. Default: an access token. */
  type: tokenType,
})

/** What is exchanged for what. */
export const exchangeInput = z.strictObject({
  ...registrationInput.shape,
  /** For whom the new token is. */
  subject: handedIn,
  /** Who acts for the subject. Default: nobody. */
  actor: handedIn.optional(),
  /** The kind of token that is asked for. Default: left to the server. */
  requestedTokenType: tokenType,
})

const exchangeState = z.object({ ...grantState.shape, ...exchangeInput.shape })
type ExchangeState = z.output<typeof exchangeState>

/**
 * Tokens that a server gives in exchange for others, RFC 8693: for another audience, for less, or to act for somebody.
 * Creating one makes the first exchange. It is made again whenever the token ends, and fails for its owner once the
 * subject token has ended itself; a refresh token that the server gave is used instead.
 *
 * The subject token may be another credential's: see {@link exchangedTokens} for one that keeps up with it.
 *
 * @example
 * await manager.createCredential(oauth2TokenExchange, {
 *   server: { issuer: 'https://login.example.com' },
 *   client: { authentication: 'client_secret_basic', id: 'gateway', secret },
 *   subject: { token: (await acme.getToken(userId)).value.expose() },
 *   audience: 'reports',
 * })
 */
export const oauth2TokenExchange = defineCredential({
  type: 'oauth2_token_exchange',
  input: exchangeInput,
  state: exchangeState,
  token: bearerToken,
  initialize: (input, environment) => exchange(input, undefined, environment),
  access: state => bearerOf(state.tokens),
  refresh: {
    rotating: ({ tokens }: ExchangeState) => tokens.refreshToken !== undefined,
    peer: grantPeer,
    perform: (state, environment) => exchange(state, state.tokens, environment),
  },
  verify: verifyGrant,
  revoke: revokeGrant,
})

async function exchange(
  given: z.output<typeof exchangeInput>,
  previous: TokenSet | undefined,
  environment: CredentialEnvironment,
): Promise<ExchangeState> {
  const endpoint = await TokenEndpoint.open(given, environment)
  const refreshToken = previous?.refreshToken
  const response =
    refreshToken === undefined
      ? await exchanged(endpoint, given)
      : await endpoint.refresh(refreshToken.expose(), given)
  const tokens = mergeTokens(
    previous,
    { ...response, scope: response.scope ?? given.scope },
    { startedAt: environment.startedAt, lifetimeMs: given.assumedLifetimeMs ?? assumedLifetimeMs },
  )
  return { ...given, tokenEndpoint: endpoint.url, tokens }
}

interface ExchangeRequest extends Omit<z.output<typeof exchangeInput>, 'subject'> {
  readonly subject: { readonly token: Secret; readonly type?: string | undefined }
}

/** One exchange. @throws ProviderFailure terminal when a token that is handed in has ended, or is none */
export async function exchanged(
  endpoint: TokenEndpoint,
  { subject, actor, requestedTokenType, ...access }: ExchangeRequest,
): Promise<TokenResponse> {
  const own = {
    subject_token: subject.token.expose(),
    subject_token_type: subject.type ?? accessTokenType,
    ...(actor && { actor_token: actor.token.expose(), actor_token_type: actor.type ?? accessTokenType }),
    ...(requestedTokenType !== undefined && { requested_token_type: requestedTokenType }),
  }
  const { code, read } = rememberErrorCode()
  try {
    return await endpoint.grant(grantType, own, access, read)
  } catch (error) {
    throw code() === 'invalid_request' ? refusedToken(error) : error
  }
}

/** RFC 8693 section 2.2.2: a token that is not valid, or no longer, is called an invalid request. */
function refusedToken(error: unknown): unknown {
  if (!(error instanceof ProviderFailure) || error.kind !== 'config') return error
  return new ProviderFailure('terminal', `${error.message}: the token to be exchanged has ended, or is none`)
}
