import type { ActionContext, CredentialError, ProviderFailure } from '@nebula-credential/core'
import { failureFromError, outboundFetch } from '@nebula-credential/outbound'
import type { AwsFetch } from '../authenticator/aws-fetch.ts'
import { awsAccessKey } from '../credential/aws-access-key.ts'
import { awsAssumeRole } from '../credential/aws-assume-role.ts'
import { awsSessionToken } from '../credential/aws-session-token.ts'
import { awsWebIdentity } from '../credential/aws-web-identity.ts'
import { errorFromAnswer } from '../service-errors.ts'

/** What every action takes. */
export const awsCredentials = [awsAccessKey, awsAssumeRole, awsSessionToken, awsWebIdentity] as const

/**
 * A successful answer of AWS to an action.
 * @throws ProviderFailure, CredentialError INPUT_INVALID by what AWS answered
 */
export async function askAws(
  aws: AwsFetch,
  path: string,
  init: RequestInit,
  context: ActionContext,
): Promise<Response> {
  const { signal } = context
  const response = await aws(path, { ...init, signal, fetch: outboundFetch(context) }).catch(explained)
  if (!response.ok) throw await errorFromAnswer(response)
  return response
}

/** Rejects with what an error of the connection means. */
export function explained(error: unknown): never {
  throw failureFromError(error) satisfies ProviderFailure | CredentialError
}
