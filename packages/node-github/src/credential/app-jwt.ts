import { type CredentialEnvironment, ProviderFailure, type Secret } from '@nebula-credential/core'
import { outboundFetch } from '@nebula-credential/outbound'
import githubAppJwt from 'universal-github-app-jwt'
import { askGithub, type GithubQuestion } from './ask-github.ts'
import type { GithubServer } from './github-server.ts'

/** Who a GitHub App is. */
export interface GithubAppKey extends GithubServer {
  readonly appId: string
  readonly privateKey: Secret
}

// The library dates a JWT 30 s back, and GitHub allows 60 s more.
const toleranceMs = 30_000

/**
 * Asks GitHub as the App itself, by a JWT of its key. A refusal by a server whose clock differs from ours is answered by
 * a JWT of its time.
 *
 * @throws ProviderFailure
 */
export async function askAsApp<Answer>(
  app: GithubAppKey,
  question: Omit<GithubQuestion<Answer>, 'token'>,
  environment: CredentialEnvironment,
): Promise<Answer> {
  let serverTime: number | undefined
  const noticing: typeof fetch = async (input, init) => {
    const response = await outboundFetch(environment)(input, init)
    const date = Date.parse(response.headers.get('date') ?? '')
    if (response.status === 401 && Math.abs(date - Date.now()) > toleranceMs) serverTime = date
    return response
  }
  const ask = async (now: number) => {
    const token = await jwtOf(app, now)
    const answer = await askGithub(app, { ...question, token }, { ...environment, fetch: noticing })
    return answer.json
  }
  try {
    return await ask(Date.now())
  } catch (error) {
    if (serverTime === undefined) throw error
    return await ask(serverTime)
  }
}

async function jwtOf({ appId, privateKey }: GithubAppKey, now: number): Promise<string> {
  const jwt = await githubAppJwt({
    id: appId,
    privateKey: privateKey.expose(),
    now: Math.floor(now / 1000),
  }).catch(() => {
    // The library's error may quote the key.
    throw new ProviderFailure('config', 'the private key of the GitHub App is not usable')
  })
  return jwt.token
}
