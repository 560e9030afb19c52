import { type CredentialEnvironment, CredentialError, ProviderFailure } from '@nebula-credential/core'
import { failureFromError, failureFromResponse, outboundFetch } from '@nebula-credential/outbound'
import { revokeGrant } from '../credential/revoke-grant.ts'
import type { Dialect } from '../token-endpoint/dialect.ts'
import { type JsonObject, parsedObject } from '../token-endpoint/json-object.ts'
import type { ConnectionState } from './connection-state.ts'
import { refreshConnection } from './refresh-connection.ts'

/**
 * The request that ends a grant at a provider that does not follow RFC 7009. In its texts `{token}`, `{client_id}`,
 * `{client_secret}` and the names of the connection's details in braces stand for their values.
 */
export interface OwnRevocation {
  readonly method: 'POST' | 'DELETE'
  /** Absolute, or relative to the token endpoint. Not for secrets where the provider takes them elsewhere. */
  readonly url: string
  /** The token that is given up. Default `access_token`, renewed first where it has expired. */
  readonly token?: 'access_token' | 'refresh_token'
  /** Whether the client authenticates by HTTP Basic. Default false. */
  readonly basic?: true
  readonly headers?: Readonly<Record<string, string>>
  /** Parameters of the body. */
  readonly form?: Readonly<Record<string, string>>
  /** Fields of the body, which is a JSON object. */
  readonly json?: Readonly<Record<string, string>>
  /** The field of the answer that is `true` where the provider has done it, whatever the status. */
  readonly success?: string
  /** Statuses that say that there is nothing left to end. */
  readonly endedStatuses?: readonly number[]
  /** Where in the answer the error code stands, and the codes that say that there is nothing left to end. */
  readonly endedErrors?: { readonly at: readonly string[]; readonly codes: readonly (string | number)[] }
}

/**
 * How a connection is given up: the provider's own way, else RFC 7009.
 *
 * @throws ProviderFailure when the provider refuses or cannot be reached; CredentialError NOT_SUPPORTED where there is
 * no way, or none for a client without a secret
 */
export function revokeConnection(given: {
  readonly dialect: Dialect | undefined
  readonly revocation: OwnRevocation | undefined
}) {
  return async (state: ConnectionState, environment: CredentialEnvironment): Promise<void> => {
    const { revocation, dialect } = given
    if (revocation === undefined) return revokeGrant(state, environment)
    // Whether there is a way is known before a refresh token is used up for it.
    requestOf(revocation, state)
    const { refreshToken, expiresAt } = state.tokens
    const hasEnded = expiresAt !== undefined && expiresAt <= environment.startedAt
    const renews = hasEnded && refreshToken !== undefined && revocation.token !== 'refresh_token'
    await send(revocation, renews ? await refreshConnection(dialect)(state, environment) : state, environment)
  }
}

async function send(
  revocation: OwnRevocation,
  state: ConnectionState,
  environment: CredentialEnvironment,
): Promise<void> {
  const { url, ...init } = requestOf(revocation, state)
  const reject = (error: unknown): never => {
    throw failureFromError(error)
  }
  const response = await outboundFetch(environment)(url, {
    ...init,
    redirect: 'manual',
    signal: environment.signal,
  }).catch(reject)
  const answer = parsedObject(await response.text().catch(reject)) ?? {}
  if (hasEnded(revocation, response, answer)) return
  const failure = failureFromResponse(response, environment.startedAt)
  if (failure !== undefined) throw failure
  if (revocation.success !== undefined && answer[revocation.success] !== true) {
    throw new ProviderFailure('config', `${new URL(url).host} did not end the grant`)
  }
}

function hasEnded(
  { endedStatuses = [], endedErrors }: OwnRevocation,
  { status }: Response,
  answer: JsonObject,
): boolean {
  if (endedStatuses.includes(status)) return true
  let code: unknown = answer
  for (const name of endedErrors?.at ?? []) code = (code as JsonObject | null | undefined)?.[name]
  return endedErrors?.codes.some(each => each === code) ?? false
}

function requestOf(revocation: OwnRevocation, state: ConnectionState) {
  const { method, url, basic, headers, form, json } = revocation
  const values = valuesOf(revocation, state)
  const fill = (text: string, encode = (value: string) => value) =>
    text.replaceAll(/\{(\w+)\}/g, (_, name: string) => encode(values.get(name) ?? missing(name)))
  const all = (texts: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fill(text)]))
  const pair = () => Buffer.from(fill('{client_id}:{client_secret}')).toString('base64')
  return {
    method,
    url: new URL(fill(url, encodeURIComponent), state.tokenEndpoint).href,
    headers: {
      accept: 'application/json',
      'user-agent': 'nebula-credential',
      ...(basic && { authorization: `Basic ${pair()}` }),
      ...(json && { 'content-type': 'application/json' }),
      ...all(headers ?? {}),
    },
    ...(form && { body: new URLSearchParams(all(form)) }),
    ...(json && { body: JSON.stringify(all(json)) }),
  }
}

function valuesOf({ token }: OwnRevocation, state: ConnectionState): Map<string, string> {
  const { tokens, client, details = {} } = state
  const { accessToken, refreshToken = accessToken } = tokens
  const values = new Map(Object.entries(details))
  values.set('token', (token === 'refresh_token' ? refreshToken : accessToken).expose())
  if (client !== undefined) values.set('client_id', client.id)
  if (client !== undefined && 'secret' in client) values.set('client_secret', client.secret.expose())
  return values
}

function missing(name: string): never {
  throw new CredentialError(
    'NOT_SUPPORTED',
    `The provider ends grants only with the ${name}, which this connection does not have: end it at the provider`,
  )
}
