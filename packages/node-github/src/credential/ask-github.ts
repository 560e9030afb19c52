import type { CredentialEnvironment, ProviderFailure, Secret } from '@nebula-credential/core'
import { type JsonAnswer, requestJson } from '@nebula-credential/outbound'
import { failureFromAnswer } from '../service-errors.ts'
import { baseUrlOf, type GithubServer } from './github-server.ts'

export interface GithubQuestion<Answer> {
  /** Below the server's base URL: `/user`. */
  readonly path: string
  readonly token: Secret | string
  /** Sent as JSON, by POST. Default: a GET. */
  readonly body?: unknown
  readonly answer: { parse(json: unknown): Answer }
  /** What an unsuccessful answer to this question means, where it is more than its status says. */
  readonly failure?: ((response: Response) => ProviderFailure | undefined) | undefined
}

/** Asks GitHub's REST API, for a credential type's own calls. @throws ProviderFailure */
export function askGithub<Answer>(
  server: GithubServer,
  { path, token, body, answer, failure }: GithubQuestion<Answer>,
  environment: CredentialEnvironment,
): Promise<JsonAnswer<Answer>> {
  return requestJson(environment, {
    url: `${baseUrlOf(server)}${path}`,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${typeof token === 'string' ? token : token.expose()}`,
      // GitHub refuses requests without one.
      'user-agent': 'nebula-credential',
      'x-github-api-version': '2022-11-28',
    },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    answer,
    failure: (response, json, now) => failure?.(response) ?? failureFromAnswer(response, json, now),
  })
}
