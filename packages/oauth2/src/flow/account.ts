import {
  type Account,
  type CredentialEnvironment,
  ProviderFailure,
  type Secret,
} from '@nebula-credential/core'
import { fetchJson } from '@nebula-credential/outbound'
import { fetchUserInfo, skipSubjectCheck } from 'openid-client'
import { z } from 'zod'
import type { JsonObject } from '../token-endpoint/json-object.ts'
import type { TokenEndpoint } from '../token-endpoint/token-endpoint.ts'

/** Where a provider says whose account a token is for. */
export type AccountSource =
  /** OpenID Connect: the ID token and the userinfo endpoint. */
  | { readonly from: 'openid' }
  /** The token endpoint's own answer, as the provider sent it. */
  | { readonly from: 'token response'; read(body: JsonObject, tokenEndpoint: string): Account | undefined }
  /** An endpoint of the provider's API. */
  | {
      readonly from: 'api'
      /** Absolute, or relative to the token endpoint. */
      readonly url: string
      readonly method?: 'GET' | 'POST'
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
      /** The header that takes the token as it is. Default: `Authorization: Bearer`. */
      readonly tokenHeader?: string
      read(body: JsonObject): Account | undefined
    }

/** An account of an id and the first label that there is. */
export function accountOf(id: unknown, ...labels: readonly unknown[]): Account | undefined {
  if ((typeof id !== 'string' && typeof id !== 'number') || id === '') return undefined
  const label = labels.find(text => typeof text === 'string' && text !== '')
  return { id: String(id), label: String(label ?? id) }
}

/** Whose account the claims of an ID token or of userinfo are about. */
export function accountOfClaims(claims: JsonObject): Account | undefined {
  const { sub, email, preferred_username: username, name } = claims
  return accountOf(sub, email, username, name)
}

interface AccountRequest {
  readonly endpoint: TokenEndpoint
  readonly accessToken: Secret
  readonly environment: CredentialEnvironment
  /** The verified claims of the ID token, where there is one. */
  readonly claims?: JsonObject | undefined
}

/** Asks the provider whose account a token is for. @throws ProviderFailure, terminal when it refuses the token */
export async function askAccount(
  source: AccountSource,
  { endpoint, accessToken, environment, claims }: AccountRequest,
): Promise<Account | undefined> {
  if (source.from === 'token response') return undefined
  if (source.from === 'openid') return openIdAccount({ endpoint, accessToken, environment, claims })
  const { url, tokenHeader = 'authorization', method, body } = source
  const token = accessToken.expose()
  const json = await fetchJson(
    { ...environment, fetch: endpoint.fetch },
    {
      url: new URL(url, endpoint.url),
      headers: {
        accept: 'application/json',
        'user-agent': 'nebula-credential',
        ...source.headers,
        [tokenHeader]: tokenHeader === 'authorization' ? `Bearer ${token}` : token,
      },
      answer: z.record(z.string(), z.unknown()),
      ...(method !== undefined && { method }),
      ...(body !== undefined && { body }),
    },
  )
  return source.read(json)
}

async function openIdAccount(request: AccountRequest): Promise<Account | undefined> {
  const known = request.claims && accountOfClaims(request.claims)
  if (known !== undefined && known.label !== known.id) return known
  try {
    const info = await userInfo(request)
    return (info && accountOfClaims(info)) ?? known
  } catch (error) {
    // Whose account it is, the ID token has said: only a name for people is missing.
    if (known !== undefined && error instanceof ProviderFailure) return known
    throw error
  }
}

/** OpenID Connect Core section 5.3; undefined where it cannot be asked with this token, which then may yet be good. */
async function userInfo({ endpoint, accessToken, claims }: AccountRequest): Promise<JsonObject | undefined> {
  const userinfo = endpoint.metadata.userinfo_endpoint
  if (userinfo === undefined) return undefined
  const subject = typeof claims?.sub === 'string' ? claims.sub : skipSubjectCheck
  let status: number | undefined
  const read = (response: Response) => {
    status = response.status
    return response
  }
  try {
    return await endpoint.ask({ endpoint: userinfo, read }, (configuration, dpop) =>
      fetchUserInfo(configuration, accessToken.expose(), subject, dpop),
    )
  } catch (error) {
    if (!(error instanceof ProviderFailure) || error.kind !== 'config') throw error
    // RFC 6750 section 3.1: a token without the scope `openid` is refused by 403, one that has ended by 401.
    if (status !== 401) return undefined
    throw new ProviderFailure('terminal', `${new URL(userinfo).host} does not accept the token`)
  }
}
