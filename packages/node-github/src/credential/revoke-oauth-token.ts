import type { CredentialEnvironment, Secret } from '@nebula-credential/core'
import { failureFromError, outboundFetch } from '@nebula-credential/outbound'
import { failureFromAnswer } from '../service-errors.ts'
import { baseUrlOf, type GithubServer } from './github-server.ts'

/** The client that a token was given to. */
export interface TokenClient {
  readonly id: string
  readonly secret: Secret
}

/** Ends a token of an OAuth App, and no other token of the same person. @throws ProviderFailure */
export async function revokeOAuthToken(
  server: GithubServer,
  client: TokenClient,
  token: Secret,
  environment: CredentialEnvironment,
): Promise<void> {
  const basic = Buffer.from(`${client.id}:${client.secret.expose()}`).toString('base64')
  const url = `${baseUrlOf(server)}/applications/${encodeURIComponent(client.id)}/token`
  const response = await outboundFetch(environment)(url, {
    method: 'DELETE',
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Basic ${basic}`,
      'content-type': 'application/json',
      'user-agent': 'nebula-credential',
      'x-github-api-version': '2022-11-28',
    },
    body: JSON.stringify({ access_token: token.expose() }),
    signal: environment.signal,
  }).catch(error => {
    throw failureFromError(error)
  })
  await response.body?.cancel()
  // It has ended already.
  if (response.status === 404) return
  if (!response.ok) throw failureFromAnswer(response, undefined, Date.now())
}
