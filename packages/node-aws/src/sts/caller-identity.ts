import type { CredentialEnvironment, Verification } from '@nebula-credential/core'
import type { XmlDocument } from '@rgrove/parse-xml'
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

/** The identity in an answer to GetCallerIdentity. @throws ProviderFailure transient when there is none */
export function readIdentity(answer: XmlDocument): CallerIdentity {
  const field = (name: string) => textAt(answer, 'GetCallerIdentityResponse', 'GetCallerIdentityResult', name)
  const account = field('Account')
  const arn = field('Arn')
  const userId = field('UserId')
  if (!account || !arn || !userId) throw unreadable()
  return { account, arn, userId }
}

/** What every AWS credential type does to verify a token: it asks whose it is, which every key may. @throws ProviderFailure */
export async function verifyIdentity(
  token: AwsToken,
  environment: CredentialEnvironment,
): Promise<Verification> {
  const answer = await callSts('GetCallerIdentity', {}, { location: token, key: token, environment })
  const { arn, userId } = readIdentity(answer)
  return { account: { id: userId, label: arn } }
}
