import type { CredentialEnvironment, Verification } from '@nebula-credential/core'
import type { AwsToken } from '../aws-token.ts'
import { callSts, unreadable } from './call-sts.ts'
import { textAt } from './response-xml.ts'

/** Who a key belongs to. */
export interface CallerIdentity {
  /** The account's number, 12 digits. */
  readonly account: string
  readonly arn: string
  /** The stable id of the user or of the role's session. */
  readonly userId: string
}

/** GetCallerIdentity, which every key may call. @throws ProviderFailure */
export async function callerIdentity(
  token: AwsToken,
  environment: CredentialEnvironment,
): Promise<CallerIdentity> {
  const document = await callSts('GetCallerIdentity', {}, { location: token, key: token, environment })
  const field = (name: string) =>
    textAt(document, 'GetCallerIdentityResponse', 'GetCallerIdentityResult', name)
  const account = field('Account')
  const arn = field('Arn')
  const userId = field('UserId')
  if (!account || !arn || !userId) throw unreadable()
  return { account, arn, userId }
}

/** What every AWS credential type does to verify a token. @throws ProviderFailure */
export async function verifyIdentity(
  token: AwsToken,
  environment: CredentialEnvironment,
): Promise<Verification> {
  const { arn, userId } = await callerIdentity(token, environment)
  return { account: { id: userId, label: arn } }
}
