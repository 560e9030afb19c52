import type { CredentialEnvironment, Verification } from '@nebula-credential/core'
import { z } from 'zod'
import { askGithub } from './ask-github.ts'
import type { GithubToken } from './github-server.ts'

const user = z.object({ id: z.number(), login: z.string() })

/** Whose token it is, and what a classic one may do. @throws ProviderFailure */
export async function verifyUser(
  token: GithubToken,
  environment: CredentialEnvironment,
): Promise<Verification> {
  const question = { path: '/user', token: token.value, answer: user }
  const { json, headers } = await askGithub(token, question, environment)
  // Fine-grained tokens have permissions instead, which GitHub does not tell.
  const scopes = headers.get('x-oauth-scopes')
  return {
    account: { id: String(json.id), label: json.login },
    ...(scopes !== null && { granted: scopes.split(/,\s*/).filter(scope => scope !== '') }),
  }
}
