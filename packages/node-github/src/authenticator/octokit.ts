import { CredentialError, type LiveAuthenticator, type TokenSource } from '@nebula-credential/core'
import { Octokit } from '@octokit/core'
import { baseUrlOf, type GithubToken } from '../credential/github-server.ts'
import { explainOctokitError } from '../service-errors.ts'
import { sourceAuth } from './source-auth.ts'

type OctokitOptions = NonNullable<ConstructorParameters<typeof Octokit>[0]>

/** What the credential decides. */
interface FromCredential {
  readonly auth?: never
  readonly authStrategy?: never
  readonly baseUrl?: never
}

/**
 * An Octokit that asks for the token valid now with each request, and so never goes stale. A request whose token was
 * refused is sent once more with a new one.
 *
 * @example
 * const github = await acme.client(id, octokit)
 * await github.request('GET /repos/{owner}/{repo}', { owner: 'acme', repo: 'lamps' })
 */
export const octokit: LiveAuthenticator<void, Octokit, GithubToken> = octokitOf(Octokit)

/**
 * As {@link octokit}, of a class of your own: with plugins, or with other options.
 *
 * @example
 * const restOctokit = octokitOf(Octokit.plugin(restEndpointMethods), { userAgent: 'lamps/1.0' })
 */
export function octokitOf<Client extends Octokit>(
  Class: new (options?: OctokitOptions) => Client,
  options: OctokitOptions & FromCredential = {},
): LiveAuthenticator<void, Client, GithubToken> {
  return {
    name: 'octokit',
    kind: 'bearer',
    live: true,
    builtOn: baseUrlOf,
    async authenticate(_, source) {
      const baseUrl = baseUrlOf(await source.getToken())
      return new Class({
        ...options,
        baseUrl,
        authStrategy: sourceAuth,
        auth: { source: ofServer(baseUrl, source), baseUrl },
      })
    },
    explain: explainOctokitError,
  }
}

/** The same source, which hands out no token of another server. */
function ofServer(baseUrl: string, source: TokenSource<GithubToken>): TokenSource<GithubToken> {
  const checked = (token: GithubToken) => {
    if (baseUrlOf(token) === baseUrl) return token
    throw new CredentialError(
      'CONFIG_INVALID',
      'The credential was changed to another server; get its client again',
    )
  }
  return {
    getToken: async request => checked(await source.getToken(request)),
    reportRejected: async token => checked(await source.reportRejected(token)),
  }
}
