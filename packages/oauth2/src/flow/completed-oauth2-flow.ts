import {
  type Account,
  type CredentialEnvironment,
  isCredentialError,
  ProviderFailure,
  type Secret,
  type SecretString,
} from '@nebula-credential/core'
import { introspectGrant } from '../credential/verify-grant.ts'
import type { JsonObject } from '../token-endpoint/json-object.ts'
import type { TokenEndpoint } from '../token-endpoint/token-endpoint.ts'
import {
  assumedLifetimeMs,
  mergeTokens,
  type TokenResponse,
  type TokenSet,
} from '../token-endpoint/token-set.ts'
import { askAccount } from './account.ts'
import { accountSource, type FlowConfig } from './flow-config.ts'

/** What a completed flow has yielded. */
export interface FlowResult {
  readonly tokens: TokenSet
  readonly tokenEndpoint: string
  readonly account?: Account | undefined
  readonly details?: Readonly<Record<string, string>> | undefined
  readonly dpopKey?: SecretString | undefined
}

/** A person's consent, with the tokens that it gave. */
export class CompletedOAuth2Flow {
  readonly result: FlowResult

  constructor(result: FlowResult) {
    this.result = result
  }

  get accessToken(): Secret {
    return this.result.tokens.accessToken
  }

  get refreshToken(): Secret | undefined {
    return this.result.tokens.refreshToken
  }

  /** Epoch ms; undefined where the token lasts until it is revoked. */
  get expiresAt(): number | undefined {
    return this.result.tokens.expiresAt
  }

  /** What was granted, RFC 6749 section 3.3: it may be less than was asked for. */
  get scope(): string | undefined {
    return this.result.tokens.scope
  }

  /** Whose account it is, where the server said so. */
  get account(): Account | undefined {
    return this.result.account
  }
}

/** A token response, and what is known besides. */
export interface GrantedTokens {
  readonly answer: TokenResponse & { readonly token_type?: string }
  /** What the callback told besides, for a provider that tells by it. */
  readonly callback?: URLSearchParams | undefined
  /** The verified claims of the ID token. */
  readonly claims?: JsonObject | undefined
  readonly dpopKey?: SecretString | undefined
}

/** Puts together what the server answered, and asks whose account it is. @throws ProviderFailure */
export async function completedFlow(
  config: FlowConfig,
  endpoint: TokenEndpoint,
  environment: CredentialEnvironment,
  granted: GrantedTokens,
): Promise<CompletedOAuth2Flow> {
  const { answer, dpopKey } = granted
  if (dpopKey !== undefined && answer.token_type !== 'dpop') {
    throw new ProviderFailure('config', 'the authorization server did not bind the token to its key (DPoP)')
  }
  const tokens = mergeTokens(
    undefined,
    { scope: config.scope, ...answer },
    { startedAt: environment.startedAt, lifetimeMs: lifetimeWithoutExpiry(config) },
  )
  const account = await accountOfGrant(config, endpoint, environment, granted, tokens)
  const details = detailsOf(config, endpoint, granted)
  return new CompletedOAuth2Flow({
    tokens,
    tokenEndpoint: endpoint.url,
    ...(account !== undefined && { account }),
    ...(details !== undefined && { details }),
    ...(dpopKey !== undefined && { dpopKey }),
  })
}

function detailsOf(
  { dialect = {} }: FlowConfig,
  { url }: TokenEndpoint,
  { answer, callback }: GrantedTokens,
): Readonly<Record<string, string>> | undefined {
  const told = dialect.callbackDetails?.map(name => [name, callback?.get(name) ?? ''] as const) ?? []
  const brought = told.filter(([, value]) => value !== '' && value.length <= longestDetail)
  const answered = answer.body && dialect.details?.(answer.body, url)
  return brought.length === 0 ? answered : { ...answered, ...Object.fromEntries(brought) }
}

// Anybody's browser may say anything.
const longestDetail = 256

/** The lifetime of a token whose server names none, in ms; undefined where it lasts until it is revoked. */
export function lifetimeWithoutExpiry({
  dialect,
  assumedLifetimeMs: given,
}: Pick<FlowConfig, 'dialect' | 'assumedLifetimeMs'>): number | undefined {
  return given ?? (dialect?.lastsWithoutExpiry === true ? undefined : assumedLifetimeMs)
}

/**
 * Whose account a grant is for, by the same means as verifying learns it, so that a reconnect is recognised. A grant is
 * not lost because that cannot be learned now: verifying asks again.
 */
async function accountOfGrant(
  config: FlowConfig,
  endpoint: TokenEndpoint,
  environment: CredentialEnvironment,
  { answer, claims }: GrantedTokens,
  { accessToken }: TokenSet,
): Promise<Account | undefined> {
  const source = accountSource(config)
  if (source?.from === 'token response') return answer.body && source.read(answer.body, endpoint.url)
  try {
    if (source === undefined) return (await introspectGrant(endpoint, accessToken)).account
    return await askAccount(source, { endpoint, accessToken, environment, claims })
  } catch (error) {
    if (error instanceof ProviderFailure || isCredentialError(error)) return undefined
    throw error
  }
}
