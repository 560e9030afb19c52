import type { CredentialEnvironment, Secret } from '@nebula-credential/core'
import { failureFromError, outboundFetch } from '@nebula-credential/outbound'
import { failureFromAnswer } from '../service-errors.ts'
import { baseUrlOf, type GithubServer } from './github-server.ts'

/** Ends a token; one that has ended already is no failure. @throws ProviderFailure */
export async function revokeInstallationToken(
  given: GithubServer & { readonly token: Secret },
  environment: CredentialEnvironment,
): Promise<void> {
  const response = await outboundFetch(environment)(`${baseUrlOf(given)}/installation/token`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${given.token.expose()}`, 'user-agent': 'nebula-credential' },
    signal: environment.signal,
  }).catch(error => {
    throw failureFromError(error)
  })
  await response.body?.cancel()
  if (!response.ok && response.status !== 401) throw failureFromAnswer(response, undefined, Date.now())
}
