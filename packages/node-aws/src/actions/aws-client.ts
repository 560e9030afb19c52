import {
  type ActionContext,
  type CredentialError,
  needsToken,
  type ProviderFailure,
} from '@nebula-credential/core'
import { failureFromError, outboundFetch } from '@nebula-credential/outbound'
import { type AwsFetch, awsFetch } from '../authenticator/aws-fetch.ts'
import { awsToken } from '../aws-token.ts'
import { awsAccessKey } from '../credential/aws-access-key.ts'
import { awsAssumeRole } from '../credential/aws-assume-role.ts'
import { awsSessionToken } from '../credential/aws-session-token.ts'
import { awsWebIdentity } from '../credential/aws-web-identity.ts'
import { errorFromAnswer } from '../service-errors.ts'

const credentialTypes = [awsAccessKey, awsAssumeRole, awsSessionToken, awsWebIdentity]

/** What every action takes: the types of this package, and those that programs define by `defineAwsWebIdentity`. */
export const awsNeed = (service: string) => needsToken(awsToken, awsFetch({ service }), credentialTypes)

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
